import type { PoolClient } from 'pg';
import type { OpenUniverse } from './compare-memberships.js';
import type { SessionDate } from '../../../src/core/session.js';
import { hashText } from '../hash-text.js';
import type { Universe, UniverseIdentity } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/**
 * Every universe ever published, each with its open members; one row a universe, whatever their number of members. One that was retired in the session
 * that first gave it has never been: that publish was taken back.
 */
export async function readOpenUniverses(client: PoolClient): Promise<OpenUniverse[]> {
  const { rows } = await client.query<OpenUniverse & { record: string }>(
    `select u.id, u.type, u.name, u.key, u.retired_session is not null as "isRetired",
            coalesce(u.retired_session <= u.first_session, false) as "isUnborn",
            to_char(u.retired_session, 'YYYY-MM-DD') as "retiredSession", to_char(u.first_session, 'YYYY-MM-DD') as "firstSession",
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
export function describeRecord({ title, cacheType, form, policy }: Universe): string {
  return JSON.stringify([title, cacheType, hashText(JSON.stringify([form.kind, policy]))]);
}

/**
 * Adds universes that are new and records changed rules. On most evenings there are none, and nothing is asked of the server.
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
    return found !== undefined && found.isUnborn !== true && found.record === describeRecord(universe);
  };
  if (universes.every(isRecorded) && known.size > 0) return new Map(Array.from(known, ([name, { id }]) => [name, id]));
  const column = <Value>(pick: (universe: Universe) => Value): Value[] => universes.map(pick);
  await client.query(
    `insert into pipeline.universe as u (type, name, key, title, cache_type, policy, policy_hash, first_session)
     select *, $8::date from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[])
     on conflict (type, name, key) do update
     set title = excluded.title, cache_type = excluded.cache_type, policy = excluded.policy,
         policy_hash = excluded.policy_hash,
         first_session = least(u.first_session, excluded.first_session)
     where (u.title, u.cache_type, u.policy_hash) is distinct from (excluded.title, excluded.cache_type, excluded.policy_hash)
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
  await writeFirstSession(client, universes, session, known);
  const { rows } = await client.query<UniverseIdentity & { id: number }>(
    'select id, type, name, key from pipeline.universe',
  );
  return new Map(rows.map((row) => [toUniverseName(row), row.id]));
}

/** A universe that an earlier publish gave first, and that was taken back since, begins with the session that gives it now. */
async function writeFirstSession(
  client: PoolClient,
  universes: readonly Universe[],
  session: SessionDate,
  known: ReadonlyMap<string, OpenUniverse>,
): Promise<void> {
  const unborn = universes.flatMap((universe) => {
    const found = known.get(toUniverseName(universe));
    return found?.isUnborn === true ? [found.id] : [];
  });
  if (unborn.length === 0) return;
  await client.query('update pipeline.universe set first_session = $1 where id = any ($2::int[])', [session, unborn]);
}

/**
 * Brings the marks of retired universes to what a publish found: those that it retired, those that it brought back, and those first published in one of
 * its sessions before, which it does not know any more.
 *
 * @param before as readers see them until now
 * @param after by name
 * @param from the first session of the publish
 */
export async function writeRetired(
  client: PoolClient,
  before: readonly OpenUniverse[],
  after: { find(name: string): (Pick<OpenUniverse, 'retiredSession'> & { readonly isUnborn?: boolean }) | undefined },
  from: SessionDate,
): Promise<void> {
  const retiredNow = (universe: OpenUniverse): SessionDate | null => {
    const found = after.find(toUniverseName(universe));
    const isKnown = found !== undefined && found.isUnborn !== true;
    return isKnown ? (found.retiredSession ?? null) : (universe.retiredSession ?? from);
  };
  const changed = before.filter((universe) => (universe.retiredSession ?? null) !== retiredNow(universe));
  if (changed.length === 0) return;
  await client.query(
    `update pipeline.universe u set retired_session = changed.session
     from unnest($1::int[], $2::date[]) as changed (id, session)
     where u.id = changed.id`,
    [changed.map(({ id }) => id), changed.map(retiredNow)],
  );
}
