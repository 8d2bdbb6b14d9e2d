import { Temporal } from 'temporal-polyfill';
import { toNewYorkDate, type TradingCalendar } from '../../core/calendar.js';
import type { SessionDate } from '../../core/session.js';

/** Every schedule is in the time zone of the exchange. */
export const SCHEDULE_TIME_ZONE = 'America/New_York';

/** Longer than the exchange has ever been closed, plus a session that was run by hand. */
const LOOK_AROUND_DAYS = 30;

/** The times at which runs start automatically. */
export interface TriggerRule {
  /** HH:MM in New York. */
  readonly triggerTime: string;
  /** True: only on sessions. False: every day, so that a session missed on its own day is run the day after. */
  readonly marketCheck: boolean;
}

/** A trigger time and its session. */
export interface TriggerMoment {
  /** Milliseconds since the epoch, UTC. */
  readonly atMs: number;
  /** The newest session closed by then: that of the day, or the one before when the trigger time is before the close. */
  readonly session: SessionDate;
}

/**
 * The trigger times of the last 30 days, oldest first; of several for a session the first.
 * @param isDue whether a trigger time counts
 * @throws EOD_SESSION_INVALID when one is outside the calendar
 */
export function listTriggers(
  rule: TriggerRule,
  calendar: TradingCalendar,
  nowMs: number,
  isDue: (atMs: number) => boolean,
): TriggerMoment[] {
  const moments = new Map<SessionDate, TriggerMoment>();
  for (let days = LOOK_AROUND_DAYS; days >= 0; days -= 1) {
    const moment = momentOn(addDays(nowMs, -days), rule, calendar);
    if (moment && moment.atMs <= nowMs && isDue(moment.atMs) && !moments.has(moment.session))
      moments.set(moment.session, moment);
  }
  return [...moments.values()];
}

/**
 * The first trigger time after the instant whose session is not done; undefined when there is none within 30 days.
 * @throws EOD_SESSION_INVALID when that is outside the calendar
 */
export function nextTrigger(
  rule: TriggerRule,
  calendar: TradingCalendar,
  nowMs: number,
  done: ReadonlySet<string>,
): TriggerMoment | undefined {
  for (let days = 0; days <= LOOK_AROUND_DAYS; days += 1) {
    const moment = momentOn(addDays(nowMs, days), rule, calendar);
    if (moment && moment.atMs > nowMs && !done.has(moment.session)) return moment;
  }
  return undefined;
}

/** The first trigger time at which a session has closed; undefined when there is none within 30 days. */
export function dueTime(rule: TriggerRule, calendar: TradingCalendar, session: SessionDate): number | undefined {
  const closeMs = calendar.closeAt(session);
  for (let days = 0; days <= LOOK_AROUND_DAYS; days += 1) {
    const moment = momentOn(addDays(closeMs, days), rule, calendar);
    if (moment && moment.session >= session) return moment.atMs;
  }
  return undefined;
}

/** Edges: a time skipped by the clock change is one hour later; of a repeated time the first is used. */
function momentOn(date: Temporal.PlainDate, rule: TriggerRule, calendar: TradingCalendar): TriggerMoment | undefined {
  if (rule.marketCheck && !calendar.isSession(date.toString() as SessionDate)) return undefined;
  const plainTime = Temporal.PlainTime.from(rule.triggerTime);
  const atMs = date.toZonedDateTime({ timeZone: SCHEDULE_TIME_ZONE, plainTime }).epochMilliseconds;
  return { atMs, session: calendar.lastClosed(atMs) };
}

function addDays(nowMs: number, days: number): Temporal.PlainDate {
  return Temporal.PlainDate.from(toNewYorkDate(nowMs)).add({ days });
}
