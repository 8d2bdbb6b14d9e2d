import type { PoolClient } from 'pg';
import type { OpenUniverse } from './compare-memberships.js';
import type { SessionDate } from '../../../src/core/session.js';
import { hashText } from '../hash-text.js';
import type { Universe, UniverseIdentity } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** Every universe ever published, each with its open members; one row a universe, whatever their number of members. */
export async function readOpenUniverses(client: PoolClient): Promise<OpenUniverse[]> {
  const { rows } = await client.query<OpenUniverse & { record: string }>(
    `select u.id, u.type, u.name, u.key, u.retired_session is not null as "isRetired",
            json_build_array(u.title, u.cache_type, u.policy_hash)::text as record, coalesce(m.symbols, '[]') as symbols
     from pipeline.universe u
     left join (
       select universe_id, json_agg(symbol) as symbols
       from pipeline.membership
       where valid_to is null and known_to is null
       group by universe_id
     ) m on m.universe_id = u.id
     order by u.id`,
  );
  return rows.map((row) => ({ ...row, record: JSON.stringify(JSON.parse(row.record)) }));
}

/** What `pipeline.universe` keeps of a universe, in one text. */
function describeRecord({ title, cacheType, form, policy }: Universe): string {
  return JSON.stringify([title, cacheType, hashText(JSON.stringify([form.kind, policy]))]);
}

/**
 * Adds universes that are new, brings back retired ones and records changed rules. On most evenings none of that is to be done, and nothing is asked
 * of the server.
 *
 * @param open as read before; empty where that was not
 * @returns universe name → id
 */
export async function writeUniverses(
  client: PoolClient,
  universes: readonly Universe[],
  session: SessionDate,
  open: readonly OpenUniverse[] = [],
): Promise<Map<string, number>> {
  const known = new Map(open.map((universe) => [toUniverseName(universe), universe]));
  const isRecorded = (universe: Universe): boolean => {
    const found = known.get(toUniverseName(universe));
    return found !== undefined && !found.isRetired && found.record === describeRecord(universe);
  };
  if (universes.every(isRecorded) && known.size > 0) return new Map(Array.from(known, ([name, { id }]) => [name, id]));
  const column = <Value>(pick: (universe: Universe) => Value): Value[] => universes.map(pick);
  await client.query(
    `insert into pipeline.universe as u (type, name, key, title, cache_type, policy, policy_hash, first_session)
     select *, $8::date from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[])
     on conflict (type, name, key) do update
     set title = excluded.title, cache_type = excluded.cache_type, policy = excluded.policy,
         policy_hash = excluded.policy_hash, retired_session = null,
         first_session = least(u.first_session, excluded.first_session)
     where (u.title, u.cache_type, u.policy_hash, u.retired_session) is distinct from
           (excluded.title, excluded.cache_type, excluded.policy_hash, null)
        or excluded.first_session < u.first_session`,
    [
      column((universe) => universe.type),
      column((universe) => universe.name),
      column((universe) => universe.key),
      column((universe) => universe.title),
      column((universe) => universe.cacheType),
      column((universe) => JSON.stringify(universe.policy)),
      column((universe) => hashText(JSON.stringify([universe.form.kind, universe.policy]))),
      session,
    ],
  );
  const { rows } = await client.query<UniverseIdentity & { id: number }>(
    'select id, type, name, key from pipeline.universe',
  );
  return new Map(rows.map((row) => [toUniverseName(row), row.id]));
}
