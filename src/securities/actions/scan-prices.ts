import type { PoolClient } from 'pg';
import { FIRST_DAY, LAST_DAY, type TradingCalendar } from '../../core/calendar.js';
import type { SessionDate } from '../../core/session.js';
import { toJsonb } from '../../db/jsonb.js';
import { judgeMove, LARGE_MOVE, type MoveVerdict, type PriceMove } from './judge-move.js';
import { LIST_UNSCANNED, READ_MOVES } from './read-moves.sql.js';
import {
  ADD_DERIVED,
  ADD_DOUBTS,
  END_DERIVED,
  END_DOUBTS,
  FORGET_SCANS,
  MARK_GENERATED,
  MARK_SCANNED,
} from './write-findings.sql.js';

/** Beyond every session of the calendar. */
/** Longer ago than any indicator looks back. */
const SCANNED_SESSIONS = 260;
/** A session imported late changes what the next one is compared with. */
const LATER_SESSIONS = 5;
/** Below this share of quoted previous closes that agree, one of two sessions is wrong; 98 to 100 % is usual, 20 to 45 % was seen. */
const MIN_AGREEING = 0.8;
/** Share of closes that moved like splits, and their number, from which it is a fault of the feed: a few dozen of 7,000 do on any day. */
const MAX_MOVED = 0.05;
const MIN_FLOOD = 100;
/** Of fewer, a split or two would be a share that says nothing. */
const MIN_QUOTES = 50;

/** What was found by a scan. */
export interface ScanResult {
  readonly actions: number;
  readonly doubts: number;
}

/** The clock and the calendar of a scan, and callbacks for its progress. */
export interface ScanOptions {
  readonly calendar: TradingCalendar;
  /** A ticker that comes back after so many sessions is another security. */
  readonly reuseAfterSessions: number;
  readonly at: Date;
  /** Called once, with the number of sessions to compare. */
  readonly onStart?: (sessions: number) => void;
  readonly onSession?: (session: SessionDate) => void;
}

/**
 * Compares the closes of a session, and of every recent one that has not been compared, with those before: splits and distributions are
 * recorded as corporate actions, and unexplained moves as exceptions.
 *
 * @returns what the session itself has
 */
export async function scanPrices(
  client: PoolClient,
  session: SessionDate,
  { calendar, reuseAfterSessions, at, onStart, onSession }: ScanOptions,
): Promise<ScanResult> {
  const days = [
    ...calendar.between(FIRST_DAY, session).slice(-SCANNED_SESSIONS),
    ...calendar.between(session, LAST_DAY).slice(1, 1 + LATER_SESSIONS),
  ];
  const unscanned = await LIST_UNSCANNED.rows(client, { days, session });
  let result: ScanResult = { actions: 0, doubts: 0 };
  onStart?.(unscanned.length);
  for (const { session: day, previous, trusted } of unscanned) {
    const found = await findMoves(client, { calendar, reuseAfterSessions }, day, { previous, trusted });
    await writeFindings(client, day, found, at);
    await MARK_SCANNED.write(client, { session: day, previous, at });
    if (day === session) result = { actions: found.filter(isAction).length, doubts: found.filter(isDoubt).length };
    onSession?.(day);
  }
  return result;
}

/** The bars of a session were written again: it is compared again, and so is the session after it. */
export async function forgetScan(client: PoolClient, session: SessionDate): Promise<void> {
  await FORGET_SCANS.write(client, { session });
}

/** The sessions of a generated market are not compared. */
export async function skipScans(client: PoolClient, at: Date): Promise<void> {
  await MARK_GENERATED.write(client, { at });
}

interface Finding {
  readonly move: PriceMove;
  readonly verdict: MoveVerdict;
}

function agrees({
  quotedCount,
  agreeingCount,
}: {
  readonly quotedCount: number;
  readonly agreeingCount: number;
}): boolean {
  return quotedCount < MIN_QUOTES || agreeingCount >= MIN_AGREEING * quotedCount;
}

function isLarge({ close, previousClose }: { readonly close: string; readonly previousClose: string }): boolean {
  const ratio = Number(close) / Number(previousClose);
  return Math.max(ratio, 1 / ratio) >= LARGE_MOVE;
}

/**
 * Edges: a previous session that is held, and with which no quoted previous closes agree, was wrong: the one before it that is not held is
 *        compared, where it is not weeks ago. Where a large part of all prices moved, the feed is at fault and not the securities: gates hold the session, and nothing is
 *        found in it.
 */
async function findMoves(
  client: PoolClient,
  { calendar, reuseAfterSessions }: Pick<ScanOptions, 'calendar' | 'reuseAfterSessions'>,
  session: SessionDate,
  { previous: delivered, trusted }: { readonly previous: SessionDate | null; readonly trusted: SessionDate | null },
): Promise<Finding[]> {
  if (delivered === null) return [];
  let [rows, previous] = [await READ_MOVES.rows(client, { session, previous: delivered }), delivered];
  const isNear = trusted !== null && trusted !== delivered && calendar.sessionCount(trusted, session) <= LATER_SESSIONS;
  if (isNear && rows.some((row) => row.quotedCount < MIN_QUOTES || !agrees(row)))
    [rows, previous] = [await READ_MOVES.rows(client, { session, previous: trusted }), trusted];
  const large = rows.filter(isLarge);
  if (large.length > Math.max(MIN_FLOOD, MAX_MOVED * (rows[0]?.comparedCount ?? 0))) return [];
  const isNext = calendar.isSession(previous) && calendar.sessionCount(previous, session) === 1;
  return rows.flatMap(({ isPrevious, quotedCount, agreeingCount, ...row }) => {
    const isTrusted = agrees({ quotedCount, agreeingCount });
    const absentSessions = calendar.sessionCount(row.previousSession, session) - 1;
    if (absentSessions >= reuseAfterSessions) return [];
    const move: PriceMove = { ...row, isComparable: isPrevious && isNext && isTrusted, absentSessions };
    const verdict = judgeMove(move);
    return verdict === undefined ? [] : [{ move, verdict }];
  });
}

async function writeFindings(
  client: PoolClient,
  session: SessionDate,
  found: readonly Finding[],
  at: Date,
): Promise<void> {
  const actions = found.filter(isAction);
  const ratioOf = ({ verdict }: Finding) => (verdict.kind === 'split' ? verdict : null);
  const recorded = {
    session,
    at,
    symbols: actions.map(({ move }) => move.symbol),
    kinds: actions.map(({ verdict }) => verdict.kind),
    newShares: actions.map((each) => ratioOf(each)?.newShares ?? null),
    oldShares: actions.map((each) => ratioOf(each)?.oldShares ?? null),
    amounts: actions.map(({ verdict }) => (verdict.kind === 'distribution' ? verdict.amountUsd : null)),
    evidence: actions.map(({ move }) => toEvidence(move)),
  };
  await END_DERIVED.write(client, recorded);
  if (actions.length > 0) await ADD_DERIVED.write(client, recorded);
  const doubts = found.flatMap(({ move, verdict }) => (verdict.kind === 'doubt' ? [{ move, verdict }] : []));
  const doubted = {
    session,
    at,
    symbols: doubts.map(({ move }) => move.symbol),
    reasons: doubts.map(({ verdict }) => verdict.reason),
    evidence: doubts.map(({ move }) => toEvidence(move)),
    proposals: doubts.map(({ verdict }) => verdict.proposal && toJsonb(verdict.proposal)),
  };
  await END_DOUBTS.write(client, doubted);
  if (doubts.length > 0) await ADD_DOUBTS.write(client, doubted);
}

/** In snake case: people read it in the database, and the HTTP API and `--json` show it as it is. */
function toEvidence(move: PriceMove): string {
  return toJsonb({
    close: Number(move.close),
    previous_close: Number(move.previousClose),
    previous_session: move.previousSession,
    quoted_previous_close: move.quotedPreviousClose === null ? null : Number(move.quotedPreviousClose),
    absent_sessions: move.absentSessions,
    is_comparable: move.isComparable,
    dollar_volume_ratio: move.dollarVolumeRatio === null ? null : Number(move.dollarVolumeRatio.toFixed(3)),
  });
}

function isAction({ verdict }: Finding): boolean {
  return verdict.kind !== 'doubt';
}

function isDoubt({ verdict }: Finding): boolean {
  return verdict.kind === 'doubt';
}
