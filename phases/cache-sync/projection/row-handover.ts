import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { RowAlias } from '../../../src/core/row-handover.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { readAliases } from './aliases.js';
import { explainRefusal } from './explain-refusal.js';
import { formatPlace, toPlaceName, type CacheLayout, type RowPlace } from './layout.js';
import { readPlacesOf } from './read-rows.sql.js';
import { retireRowsOf } from './retire-rows.sql.js';
import { readKnownRows, type KnownRow } from './row-state.js';

/** @returns the places of the rows that were taken out */
export async function retireRows(
  client: PoolClient,
  layout: CacheLayout,
  places: readonly string[],
  { by, at }: { readonly by: string; readonly at: Date },
): Promise<string[]> {
  return explainRefusal(async () => {
    const wanted = new Set(places);
    const stored = await readPlacesOf(layout).rows(client, {});
    const rows = stored.filter((row) => row.matchesTableFilter && wanted.has(formatPlace(row)));
    const lists = {
      types: rows.map(({ type }) => type),
      names: rows.map(({ name }) => name),
      keys: rows.map(({ key }) => key),
    };
    const gone = await retireRowsOf(layout).rows(client, { ...lists, at, by });
    return [...new Set(gone.map(formatPlace))];
  });
}

export async function listAliases(client: PoolClient): Promise<RowAlias[]> {
  return (await readAliases(client)).map(({ of, ...place }) => ({ place: formatPlace(place), of: formatPlace(of) }));
}

/**
 * Records an alias. The next run writes it, because the record of its row has no version.
 * @throws EOD_USAGE
 */
export async function addAlias(
  client: PoolClient,
  layout: CacheLayout,
  { place, of }: RowAlias,
  { by, at }: { readonly by: string; readonly at: Date },
): Promise<void> {
  const known = [...(await readKnownRows(client, layout)).values()];
  const aliases = new Set((await readAliases(client)).map(toPlaceName));
  const isOurs = (row: KnownRow): boolean => row.hash !== null && !aliases.has(toPlaceName(row));
  const target = known.find((row) => formatPlace(row) === of && isOurs(row));
  if (target === undefined)
    throw refuse(`${of} is not a row that is published`, '`tickstock parity --json` lists rows');
  const former = known.find((row) => formatPlace(row) === place) ?? toPlace(layout, place);
  if (known.some((row) => formatPlace(row) === place && isOurs(row))) {
    throw refuse(`${place} is a row that is published itself`, 'an alias is a place where nothing else is written');
  }
  const { type, name, key } = former;
  await kyselyOn(client)
    .insertInto('pipeline.row_alias')
    .values({
      type,
      name,
      key,
      of_type: target.type,
      of_name: target.name,
      of_key: target.key,
      created_at: at,
      created_by: by,
    })
    .onConflict((conflict) =>
      conflict.columns(['type', 'name', 'key']).doUpdateSet((eb) => ({
        of_type: eb.ref('excluded.of_type'),
        of_name: eb.ref('excluded.of_name'),
        of_key: eb.ref('excluded.of_key'),
        created_at: eb.ref('excluded.created_at'),
        created_by: eb.ref('excluded.created_by'),
      })),
    )
    .execute();
  await markUnwritten(client, { type, name, key }, target.universeId);
}

/** Removes an alias; the next run deletes its row. @throws EOD_USAGE */
export async function removeAlias(client: PoolClient, place: string): Promise<void> {
  const alias = (await readAliases(client)).find((each) => formatPlace(each) === place);
  if (alias === undefined) throw refuse(`${place} is not an alias`, '`tickstock handover` lists them');
  const { type, name, key } = alias;
  await kyselyOn(client)
    .deleteFrom('pipeline.row_alias')
    .where('type', '=', type)
    .where('name', '=', name)
    .where('key', '=', key)
    .execute();
  await kyselyOn(client)
    .updateTable('pipeline.projection')
    .set({ row_version: '', value_hash: '' })
    .where('type', '=', type)
    .where('name', '=', name)
    .where('key', '=', key)
    .execute();
}

/** A record without a version: the rows are not as they were written, so that the next run does not skip them. */
async function markUnwritten(client: PoolClient, place: RowPlace, universe: number | null): Promise<void> {
  await kyselyOn(client)
    .insertInto('pipeline.projection')
    .values({ ...place, environment: 'DEFAULT', universe_id: universe, value_hash: '', row_version: '' })
    .onConflict((conflict) =>
      conflict
        .columns(['type', 'name', 'key', 'environment'])
        .doUpdateSet({ universe_id: universe, value_hash: '', row_version: '' }),
    )
    .execute();
}

/** A place without a row, from its text; names may contain a slash, types and keys do not. */
function toPlace({ id, table }: CacheLayout, place: string): RowPlace {
  if (Object.keys(table.identity).length === 1) return { type: id, name: '', key: place };
  const [type = '', ...rest] = place.split('/');
  const key = rest.at(-1) ?? '';
  const name = rest.slice(0, -1).join('/');
  if (type === '' || name === '' || key === '') throw refuse(`${place} is not a place`, 'write type/name/key');
  return { type, name, key };
}

function refuse(message: string, hint: string): PipelineError {
  return new PipelineError('EOD_USAGE', message, { hint });
}
