import { PipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { toNumber } from '../db/tables.js';
import { findUniverse } from './find-universe.js';
import { COUNT_MEMBERS, READ_DIFF } from './read-diff.sql.js';
import { toKnownAt, type Moment } from './point-in-time.js';

/** Who came and who went between two sessions. Who left and came back in between is in neither list. */
export interface UniverseDiff {
  readonly universe: string;
  readonly title: string;
  readonly from: DiffEnd;
  readonly to: DiffEnd;
  /** UTC; what was believed then. Null for what is known now. */
  readonly knownAt: string | null;
  /** In the order they came. */
  readonly added: readonly DiffEntry[];
  /** In the order they went. */
  readonly removed: readonly DiffEntry[];
}

export interface DiffEnd {
  readonly session: SessionDate;
  /** The date as it was asked for, which may have no session of its own. */
  readonly asked: SessionDate | null;
  /** Members on that session. */
  readonly count: number;
}

export interface DiffEntry {
  readonly symbol: string;
  /** When it came or went, for the last time in the span; null where the audit has no row of it. */
  readonly session: SessionDate | null;
  readonly reason: string | null;
  readonly name: string | null;
  /** USD, on the session on which it is a member: the later one for what came. Null for ETFs and stocks without one. */
  readonly marketCapUsd: number | null;
  /** Among all eligible stocks of that session. */
  readonly rank: number | null;
}

/**
 * Compares the members of two sessions.
 *
 * @throws EOD_UNIVERSE_UNKNOWN also where it was published first after `from`
 * @throws EOD_SESSION_INVALID when `from` is after `to`
 */
export async function readDiff(database: Database, name: string, from: Moment, to: Moment): Promise<UniverseDiff> {
  if (from.session !== null && to.session !== null && from.session > to.session) {
    throw new PipelineError('EOD_SESSION_INVALID', `${from.asked ?? from.session} is after ${to.asked ?? to.session}`, {
      hint: 'give the earlier session as --from (from) and the later as --to (to)',
    });
  }
  const [first, last] = [await findUniverse(database, name, from), await findUniverse(database, name, to)];
  const knownAt = toKnownAt(to);
  const ends = { from: first.session, to: last.session, knownAt };
  const counts = await COUNT_MEMBERS.first(database.pool, { id: first.id, ...ends });
  const rows = await READ_DIFF.rows(database.pool, { universe: first.universe, ...ends });
  const list = (wanted: 'added' | 'removed'): DiffEntry[] =>
    rows
      .filter((row) => row.action === wanted)
      .map(({ action: _action, cap, ...row }) => ({ ...row, marketCapUsd: cap === null ? null : toNumber(cap) }));
  return {
    universe: first.universe,
    title: first.title,
    from: { session: first.session, asked: from.asked, count: counts?.before ?? 0 },
    to: { session: last.session, asked: to.asked, count: counts?.after ?? 0 },
    knownAt: to.knownAt,
    added: list('added'),
    removed: list('removed'),
  };
}
