import { toNewYorkDate, type TradingCalendar } from '../../core/calendar.js';
import { PipelineError } from '../../core/errors.js';
import type { SessionDate } from '../../core/session.js';
import type { Database } from '../../db/database.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { isOnDuty, readDuty } from './duty.js';
import { READ_SESSIONS } from './read-sessions.sql.js';
import { loadSchedule, type ScheduleDefaults } from './schedule.js';
import { dueTime } from './trigger-times.js';
import { toVerdict, type SessionVerdict } from './verdict.js';

const DAY_MS = 86_400_000;
/** Sessions that are shown unless asked for others. */
const SHOWN = 10;
/** Longer than a schedule is left alone; the verdicts before are asked for by date. */
const BEHIND_SESSIONS = 60;

export interface SessionsRequest {
  readonly from?: SessionDate | undefined;
  readonly to?: SessionDate | undefined;
}

export interface SessionsParts {
  readonly database: Database;
  readonly calendar: TradingCalendar;
  readonly defaults: ScheduleDefaults;
  readonly lateMs: number;
}

/** How far the newest published session is behind. */
export interface Freshness {
  /** Sessions after the newest published one whose trigger time has passed, whether the schedule is on or not; 0 before the first. */
  readonly behind: number;
  /** The oldest session that was due while the schedule was on, and is late; null when none is. */
  readonly late: SessionVerdict | null;
}

/**
 * A verdict for every weekday of a range that has closed, oldest first; without dates for the last sessions.
 * @throws EOD_SESSION_INVALID when the range is the wrong way round
 */
export async function readSessions(
  parts: SessionsParts,
  { from, to }: SessionsRequest,
  nowMs: number,
): Promise<readonly SessionVerdict[]> {
  const newest = parts.calendar.lastClosed(nowMs);
  const today = toNewYorkDate(nowMs) as SessionDate;
  const last = to ?? (parts.calendar.isSession(today) ? newest : today);
  const first = from ?? parts.calendar.previous(newest, SHOWN - 1);
  if (first > last) {
    throw new PipelineError('EOD_SESSION_INVALID', `--from ${first} is after --to ${last}`, {
      hint: 'swap the two dates',
    });
  }
  return judge(
    parts,
    listWeekdays(first, last < today ? last : today).filter((day) => day <= newest || !parts.calendar.isSession(day)),
    nowMs,
  );
}

/** Whether what is published is up to date. */
export async function readFreshness(parts: SessionsParts, nowMs: number): Promise<Freshness> {
  const newest = parts.calendar.lastClosed(nowMs);
  const sessions = parts.calendar.between(parts.calendar.previous(newest, BEHIND_SESSIONS - 1), newest);
  const verdicts = (await judge(parts, sessions, nowMs)).toReversed();
  const published = verdicts.findIndex(({ publishedAt }) => publishedAt !== null);
  const open = (published === -1 ? verdicts : verdicts.slice(0, published)).filter(isPast(nowMs));
  const late = open.findLast(
    ({ verdict, dueAt }) => verdict !== 'not_scheduled' && dueAt !== null && Date.parse(dueAt) + parts.lateMs <= nowMs,
  );
  return { behind: published === -1 ? 0 : open.length, late: late ?? null };
}

async function judge(
  { database, calendar, defaults }: SessionsParts,
  days: readonly SessionDate[],
  nowMs: number,
): Promise<readonly SessionVerdict[]> {
  const [oldest] = days;
  if (oldest === undefined) return [];
  const { schedule, duty, stored } = await database.transaction(async ({ client }) => ({
    schedule: await loadSchedule(kyselyOn(client), defaults),
    duty: await readDuty(client, Date.parse(`${oldest}T00:00:00Z`)),
    stored: await READ_SESSIONS.rows(client, { sessions: [...days] }),
  }));
  return stored.map(({ session, runId, retryAt, publishedAt, slotDueAt, ...facts }): SessionVerdict => {
    const closed = calendar.closedReason(session);
    const empty = { dueAt: null, retryAt: null, publishedAt: null, runId: null };
    if (closed !== undefined)
      return { session, verdict: 'skipped', reason: `the market was closed: ${closed}`, ...empty };
    // As it was when the session was due; the schedule may have been changed since.
    const dueMs = slotDueAt?.getTime() ?? dueTime(schedule, calendar, session);
    const wasDue = dueMs !== undefined && dueMs <= nowMs && isOnDuty(duty, dueMs);
    return {
      session,
      ...toVerdict({ ...facts, wasDue }),
      dueAt: dueMs === undefined ? null : new Date(dueMs).toISOString(),
      retryAt: retryAt?.toISOString() ?? null,
      publishedAt: publishedAt?.toISOString() ?? null,
      runId,
    };
  });
}

function isPast(nowMs: number): (verdict: SessionVerdict) => boolean {
  return ({ dueAt }) => dueAt !== null && Date.parse(dueAt) <= nowMs;
}

function listWeekdays(from: SessionDate, to: SessionDate): SessionDate[] {
  const days: SessionDate[] = [];
  for (let dayMs = Date.parse(`${from}T00:00:00Z`); dayMs <= Date.parse(`${to}T00:00:00Z`); dayMs += DAY_MS) {
    const day = new Date(dayMs);
    if (day.getUTCDay() % 6 !== 0) days.push(day.toISOString().slice(0, 10) as SessionDate);
  }
  return days;
}
