import { Temporal } from 'temporal-polyfill';
import { PipelineError } from './errors.js';
import { NYSE_EXCEPTIONS } from './nyse-exceptions.js';
import type { CalendarOverride } from './nyse-exceptions.js';
import { earlyClosesOf, holidaysOf, isWeekend, weekdayOf } from './nyse-holidays.js';
import type { SessionDate } from './session.js';

export type { CalendarOverride } from './nyse-exceptions.js';

const FIRST_YEAR = 2001;
const LAST_YEAR = 2060;
const RANGE = `${FIRST_YEAR}-${LAST_YEAR}`;
const FIRST_DAY_MS = Date.UTC(FIRST_YEAR, 0, 1);
const LAST_DAY_MS = Date.UTC(LAST_YEAR, 11, 31);
const NEW_YORK = 'America/New_York';
export const FIRST_DAY = `${FIRST_YEAR}-01-01` as SessionDate;
export const LAST_DAY = `${LAST_YEAR}-12-31` as SessionDate;
/** Holidays until here were compared with the notices of the exchange; later ones follow the same rules. */
export const CHECKED_THROUGH = '2030-12-31' as SessionDate;

/**
 * Sessions of the New York Stock Exchange, 2001-2060.
 *
 * Shape:  the whole calendar is laid out once (about 15,000 sessions, a few milliseconds); a question is then a look-up or a
 *         binary search. Build one and share it.
 * Edges:  overrides apply in order after the built-in exceptions, so a later one wins. One that changes nothing is harmless:
 *         `closed` or `early-close` on a day without a session, anything on a weekend or outside the range.
 */
export class TradingCalendar {
  private sessions: readonly SessionDate[] = [];
  private sessionDates: ReadonlySet<string> = new Set();
  private closures = new Map<string, string>();
  private earlyCloses = new Set<string>();
  private announced = '[]';

  /** @param overrides of the configuration */
  constructor(private readonly overrides: readonly CalendarOverride[] = []) {
    this.layOut([]);
  }

  /**
   * Replaces what was announced after the release and the configuration. Everyone who shares the calendar sees it at once: call it between runs.
   */
  announce(announced: readonly CalendarOverride[]): void {
    const days = announced.map(({ date, kind, reason }): CalendarOverride => ({ date, kind, reason }));
    const key = JSON.stringify(days);
    if (key === this.announced) return;
    this.announced = key;
    this.layOut(days);
  }

  isSession(date: SessionDate): boolean {
    return this.sessionDates.has(date);
  }

  /** Why there is no session: `a Saturday`, `Thanksgiving Day`, `Hurricane Sandy`; undefined when there is one. */
  closedReason(date: SessionDate): string | undefined {
    if (this.isSession(date)) return undefined;
    const dayMs = toDayMs(date);
    if (!isCovered(dayMs)) return `outside ${RANGE}`;
    if (isWeekend(dayMs)) return weekdayOf(dayMs) === 0 ? 'a Sunday' : 'a Saturday';
    return this.closures.get(date) ?? 'not a day of the calendar';
  }

  /** Whether the exchange is closed on a weekday of the calendar. */
  isHoliday(date: SessionDate): boolean {
    return this.closures.has(date) && !isWeekend(toDayMs(date));
  }

  /** Whether the session ends at 13:00 New York time; false for a day without a session. */
  isEarlyClose(session: SessionDate): boolean {
    return this.isSession(session) && this.earlyCloses.has(session);
  }

  /**
   * The session's closing bell, 16:00 or 13:00 in New York, in milliseconds since the epoch, UTC.
   * @throws EOD_SESSION_INVALID when the exchange is closed that day
   */
  closeAt(session: SessionDate): number {
    const reason = this.closedReason(session);
    if (reason !== undefined) throw notASession(session, reason, this.nearest(session));
    const hour = this.isEarlyClose(session) ? 13 : 16;
    return Temporal.PlainDate.from(session).toZonedDateTime({ timeZone: NEW_YORK, plainTime: { hour } })
      .epochMilliseconds;
  }

  /**
   * The `count`-th session strictly before the date, which need not be a session.
   * @throws EOD_SESSION_INVALID when that lies outside 2001-2060
   */
  previous(date: SessionDate, count = 1): SessionDate {
    assertCount(count);
    return this.sessionAt(this.countBefore(date) - count, `${count} before ${date}`);
  }

  /**
   * The `count`-th session strictly after the date, which need not be a session.
   * @throws EOD_SESSION_INVALID when that lies outside 2001-2060
   */
  next(date: SessionDate, count = 1): SessionDate {
    assertCount(count);
    return this.sessionAt(this.countThrough(date) + count - 1, `${count} after ${date}`);
  }

  /** Sessions from the first date to the second, both included; none when they are the wrong way round. */
  between(from: SessionDate, to: SessionDate): SessionDate[] {
    return this.sessions.slice(this.countBefore(from), this.countThrough(to));
  }

  /** How many sessions lie after the first date, up to and including the second; negative the wrong way round. */
  sessionCount(fromExclusive: SessionDate, toInclusive: SessionDate): number {
    return this.countThrough(toInclusive) - this.countThrough(fromExclusive);
  }

  /**
   * The newest session whose closing bell is at or before the instant.
   * @throws EOD_SESSION_INVALID when New York's date lies outside 2001-2060, or before the first close of 2001
   */
  lastClosed(nowMs: number): SessionDate {
    const today = toNewYorkDate(nowMs);
    if (!isCovered(toDayMs(today))) throw outsideRange(`Today is ${today} in New York`);
    const date = today as SessionDate;
    return this.isSession(date) && this.closeAt(date) <= nowMs ? date : this.previous(date);
  }

  /** The date itself when it is a session, else the closest one, the earlier of two equally close. */
  nearest(date: SessionDate): SessionDate {
    const index = this.countBefore(date);
    const before = this.sessions[index - 1];
    const after = this.sessions[index];
    if (before === undefined || after === undefined) return before ?? after ?? this.sessionAt(index, `near ${date}`);
    return toDayMs(after) - toDayMs(date) < toDayMs(date) - toDayMs(before) ? after : before;
  }

  /**
   * Refuses a date for which there is no finished trading day.
   * @throws EOD_SESSION_INVALID on a weekend, a holiday or outside 2001-2060; the hint names the nearest session that has closed
   * @throws EOD_SESSION_FUTURE before the closing bell; the hint names the last session that has closed
   */
  assertClosedSession(date: SessionDate, nowMs: number): void {
    const reason = this.closedReason(date);
    if (reason !== undefined) {
      const nearest = this.nearest(date);
      throw notASession(date, reason, this.closeAt(nearest) <= nowMs ? nearest : this.lastClosed(nowMs));
    }
    if (this.closeAt(date) <= nowMs) return;
    const lastClosed = this.lastClosed(nowMs);
    const closesAt = new Date(this.closeAt(date)).toISOString();
    throw new PipelineError('EOD_SESSION_FUTURE', `${date} has not closed yet: its close is at ${closesAt}`, {
      hint: `use ${lastClosed}, the last closed session, or wait until the close`,
      context: { session: date, closesAt, lastClosed },
    });
  }

  private layOut(announced: readonly CalendarOverride[]): void {
    this.closures = new Map();
    this.earlyCloses = new Set();
    for (let year = FIRST_YEAR; year <= LAST_YEAR; year++) {
      for (const { dayMs, name } of holidaysOf(year)) this.closures.set(toDate(dayMs), name);
      for (const dayMs of earlyClosesOf(year)) this.earlyCloses.add(toDate(dayMs));
    }
    for (const override of [...NYSE_EXCEPTIONS, ...this.overrides, ...announced]) this.apply(override);
    this.sessions = weekdays().filter((date) => !this.closures.has(date));
    this.sessionDates = new Set(this.sessions);
  }

  private apply({ date, kind, reason }: CalendarOverride): void {
    if (kind === 'open') {
      this.closures.delete(date);
      this.earlyCloses.delete(date);
    } else if (kind === 'early-close') {
      this.earlyCloses.add(date);
    } else if (!this.closures.has(date)) {
      this.closures.set(date, reason);
    }
  }

  private sessionAt(index: number, wanted: string): SessionDate {
    const session = this.sessions[index];
    if (session === undefined) throw outsideRange(`There is no session ${wanted}`);
    return session;
  }

  private countBefore(date: SessionDate): number {
    return countWhile(this.sessions, (session) => session < date);
  }

  private countThrough(date: SessionDate): number {
    return countWhile(this.sessions, (session) => session <= date);
  }
}

/** Counted instead of formatted day by day, which would take five times as long at every start. */
function weekdays(): SessionDate[] {
  const dates: SessionDate[] = [];
  let weekday = weekdayOf(FIRST_DAY_MS);
  for (let year = FIRST_YEAR; year <= LAST_YEAR; year++) {
    for (let month = 1; month <= 12; month++) {
      const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
      const prefix = `${year}-${String(month).padStart(2, '0')}-`;
      for (let day = 1; day <= days; day++, weekday = (weekday + 1) % 7) {
        if (weekday % 6 !== 0) dates.push(`${prefix}${day < 10 ? '0' : ''}${day}` as SessionDate);
      }
    }
  }
  return dates;
}

function isCovered(dayMs: number): boolean {
  return dayMs >= FIRST_DAY_MS && dayMs <= LAST_DAY_MS;
}

function toDate(dayMs: number): SessionDate {
  return new Date(dayMs).toISOString().slice(0, 10) as SessionDate;
}

/** The date in New York at an instant: `2026-06-30`. */
export function toNewYorkDate(nowMs: number): string {
  return Temporal.Instant.fromEpochMilliseconds(nowMs).toZonedDateTimeISO(NEW_YORK).toPlainDate().toString();
}

function toDayMs(date: string): number {
  return Date.parse(`${date}T00:00:00Z`);
}

/** How many elements at the front of a sorted list fulfil the condition, by bisection. */
function countWhile<Item>(sorted: readonly Item[], fulfils: (item: Item) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = sorted[middle];
    if (item !== undefined && fulfils(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function assertCount(count: number): void {
  if (Number.isInteger(count) && count >= 1) return;
  throw new PipelineError('EOD_INTERNAL', `${count} is not a count of sessions; allowed: a whole number from 1`);
}

function notASession(date: SessionDate, reason: string, nearest: SessionDate): PipelineError {
  return new PipelineError('EOD_SESSION_INVALID', `${date} is not a session of the NYSE: ${reason}`, {
    hint: `the nearest session to use is ${nearest}`,
    context: { session: date, reason, nearest },
  });
}

function outsideRange(what: string): PipelineError {
  return new PipelineError('EOD_SESSION_INVALID', `${what}; the calendar covers ${RANGE}`, {
    hint: 'check the date and the system clock; later years come with a newer release',
  });
}
