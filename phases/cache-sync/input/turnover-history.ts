import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { NO_TURNOVER_HISTORY, toTurnoverRatio, type TurnoverHistory } from '../holds/turnover-ratio.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { COUNT_CHANGES, type Change } from './count-changes.sql.js';
import { LIST_HELD_SESSIONS } from './list-held-sessions.sql.js';
import { READ_PUBLISHED_BEFORE } from './read-published-before.sql.js';
import { toUniverseName } from '../universes/select-universes.js';

/** Reads only: the last `sessions` published sessions before this one. */
export async function loadTurnoverHistory(
  client: PoolClient,
  session: SessionDate,
  sessions: number,
): Promise<TurnoverHistory> {
  const published = (await READ_PUBLISHED_BEFORE.first(client, { session, sessions })) ?? { sessions: [], held: [] };
  const oldest = published.sessions.at(-1);
  if (oldest === undefined) return NO_TURNOVER_HISTORY;
  const changed = await COUNT_CHANGES.rows(client, { oldest, session });
  const held = await LIST_HELD_SESSIONS.rows(client, { oldest, session });
  const changes = new Map(changed.map((row) => [toUniverseName(row), row.changes]));
  const heldSessions = new Map(held.map((row) => [toUniverseName(row), new Set(row.sessions)]));
  const sessionHolds = new Set(published.held);
  const free = published.sessions.filter((day) => !sessionHolds.has(day));
  const publishedOf = (universe: UniverseIdentity): readonly SessionDate[] => {
    const own = heldSessions.get(toUniverseName(universe));
    return own === undefined ? free : free.filter((day) => !own.has(day));
  };
  return {
    ratiosOf: (universe, members) =>
      listRatios(publishedOf(universe), changes.get(toUniverseName(universe)) ?? [], members),
    publishedBefore: (universe) => publishedOf(universe)[0] ?? null,
    heldAlone: (universe) => {
      const last = publishedOf(universe)[0];
      return last === undefined ? 0 : free.filter((day) => day > last).length;
    },
  };
}

/**
 * Computes backwards through the sessions, newest first, from the size after them. Before its first publish a universe had no members:
 * nothing to compare.
 */
function listRatios(sessions: readonly SessionDate[], changes: readonly Change[], members: number): number[] {
  const bySession = new Map(changes.map((change) => [change[0], change]));
  const ratios: number[] = [];
  let size = members;
  for (const session of sessions) {
    const [, added, removed] = bySession.get(session) ?? [session, 0, 0];
    size -= added - removed;
    if (size <= 0) break;
    ratios.push(toTurnoverRatio(size, added, removed));
  }
  return ratios;
}
