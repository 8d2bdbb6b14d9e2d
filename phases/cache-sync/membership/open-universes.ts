import type { PoolClient } from 'pg';
import type { OpenUniverse } from './compare-memberships.js';
import type { SessionDate } from '../../../src/core/session.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { hashText } from '../hash-text.js';
import type { Universe } from '../universes/rule.js';
import { READ_OPEN_UNIVERSES } from './read-open-universes.sql.js';
import { WRITE_RETIRED } from './write-retired.sql.js';
import { WRITE_UNIVERSES } from './write-universes.sql.js';
import { toUniverseName } from '../universes/select-universes.js';

/**
 * Every universe ever published, each with its open members; one row per universe. A universe that was retired in the session that first
 * published it is left out: that publish was superseded.
 */
export async function readOpenUniverses(client: PoolClient): Promise<OpenUniverse[]> {
  const rows = await READ_OPEN_UNIVERSES.rows(client, {});
  return rows.map((row) => ({ ...row, record: JSON.stringify(JSON.parse(row.record)) }));
}

/** The content of `pipeline.universe` for a universe, as one text. */
export function describeRecord({ title, cacheType, form, policy }: Universe): string {
  return JSON.stringify([title, cacheType, hashText(JSON.stringify([form.kind, policy]))]);
}

/**
 * Adds new universes and records changed rules. On most evenings there are none, and no statement is sent.
 *
 * @param open as read before; empty when it was not read
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
  await WRITE_UNIVERSES.write(client, {
    types: column((universe) => universe.type),
    names: column((universe) => universe.name),
    keys: column((universe) => universe.key),
    titles: column((universe) => universe.title),
    cacheTypes: column((universe) => universe.cacheType),
    policies: column((universe) => JSON.stringify(universe.policy)),
    policyHashes: column((universe) => hashText(JSON.stringify([universe.form.kind, universe.policy]))),
    session,
  });
  await writeFirstSession(client, universes, session, known);
  return readUniverseIds(client);
}

/** Universe name → id of every universe ever published. */
export async function readUniverseIds(client: PoolClient): Promise<Map<string, number>> {
  const rows = await kyselyOn(client).selectFrom('pipeline.universe').select(['id', 'type', 'name', 'key']).execute();
  return new Map(rows.map((row) => [toUniverseName(row), row.id]));
}

/** A universe whose first publish was superseded since begins with the session that publishes it now. */
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
  await kyselyOn(client)
    .updateTable('pipeline.universe')
    .set({ first_session: session })
    .where('id', 'in', unborn)
    .execute();
}

/**
 * Updates the retirement marks of universes to the result of a publish: universes that it retired, that it restored, and those first
 * published in one of its sessions earlier and no longer selected.
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
  await WRITE_RETIRED.write(client, { ids: changed.map(({ id }) => id), sessions: changed.map(retiredNow) });
}
