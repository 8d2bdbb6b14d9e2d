import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { NO_TURNOVER_HISTORY, toTurnoverRatio, type TurnoverHistory } from '../holds/turnover-ratio.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** `[session, added, removed]` */
type Change = readonly [session: SessionDate, added: number, removed: number];

/** Reads only: the last `sessions` published sessions before this one. */
export async function loadTurnoverHistory(
  client: PoolClient,
  session: SessionDate,
  sessions: number,
): Promise<TurnoverHistory> {
  const { rows } = await client.query<{ sessions: SessionDate[]; held: SessionDate[] }>(PUBLISHED, [session, sessions]);
  const published = rows[0] ?? { sessions: [], held: [] };
  const oldest = published.sessions.at(-1);
  if (oldest === undefined) return NO_TURNOVER_HISTORY;
  const changed = await client.query<UniverseIdentity & { changes: Change[] }>(CHANGES, [oldest, session]);
  const held = await client.query<UniverseIdentity & { sessions: SessionDate[] }>(HELD, [oldest, session]);
  const changes = new Map(changed.rows.map((row) => [toUniverseName(row), row.changes]));
  const heldSessions = new Map(held.rows.map((row) => [toUniverseName(row), new Set(row.sessions)]));
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
  };
}

/** Back through the sessions, newest first, from the size after them. Before its first publish a universe had no members: nothing to compare. */
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

/**
 * The last sessions a sync completed for, newest first, and which of them were held as a whole. The very first one is left out: it publishes
 * every universe for the first time, and its audit alone is as long as that of a year.
 */
const PUBLISHED = `
  with done as (
    select distinct p.session
    from pipeline.phase_run p
    where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds') and p.session < $1
      and p.session > (select min(session) from pipeline.membership_change)
    order by p.session desc
    limit $2
  )
  select coalesce(json_agg(to_char(done.session, 'YYYY-MM-DD') order by done.session desc), '[]') as sessions,
         coalesce(json_agg(to_char(done.session, 'YYYY-MM-DD')) filter (
           where exists (select from pipeline.hold h
                         where h.session = done.session and h.universe_id is null
                           and h.state <> 'approved' and h.lifted_at is null)), '[]') as held
  from done`;

/** Counted by the index on (session, universe). */
const CHANGES = `
  select u.type, u.name, u.key, counted.changes
  from (
    select universe_id, json_agg(json_build_array(to_char(session, 'YYYY-MM-DD'), added, removed)) as changes
    from (
      select universe_id, session, count(*) filter (where action = 'added') as added,
             count(*) filter (where action = 'removed') as removed
      from pipeline.membership_change
      where session >= $1 and session < $2 and superseded_at is null
      group by universe_id, session
    ) as change
    group by universe_id
  ) as counted
  join pipeline.universe u on u.id = counted.universe_id`;

const HELD = `
  select u.type, u.name, u.key, json_agg(distinct to_char(h.session, 'YYYY-MM-DD')) as sessions
  from pipeline.hold h
  join pipeline.universe u on u.id = h.universe_id
  where h.session >= $1 and h.session < $2 and h.state <> 'approved' and h.lifted_at is null
  group by u.id`;
