import type { PoolClient } from 'pg';
import { toPlaceName, type CacheLayout, type RowPlace } from './layout.js';
import { readPlacesOf } from './read-rows.sql.js';
import { READ_UNIQUE_KEYS } from './read-unique-keys.sql.js';

/** Whether the unique keys allow a row beside those tested before. */
export type PlaceGuard = (row: RowPlace) => boolean;

/**
 * Looks for unique keys that omit a part of the identity of rows: some installations allow one row per type and key, whatever its name or
 * environment. There the first of several rows is written, and an existing row of another program takes precedence over ours.
 *
 * @param leaving places whose rows are about to be deleted
 */
export async function createPlaceGuard(
  client: PoolClient,
  layout: CacheLayout,
  leaving: ReadonlySet<string>,
): Promise<PlaceGuard> {
  const keys = await readNarrowKeys(client, layout);
  if (keys.length === 0) return () => true;
  const owners = new Map<string, string>();
  const slotsOf = (row: RowPlace, isOurs: boolean): string[] =>
    keys.flatMap(({ parts, isScoped }, index) =>
      isScoped && !isOurs ? [] : [JSON.stringify([index, ...parts.map((part) => row[part])])],
    );
  for (const row of await readPlacesOf(layout).rows(client, {})) {
    const owner = row.matchesTableFilter ? toPlaceName(row) : FOREIGN;
    if (row.matchesTableFilter && leaving.has(owner)) continue;
    for (const slot of slotsOf(row, row.matchesTableFilter)) owners.set(slot, owner);
  }
  return (row) => {
    const slots = slotsOf(row, true);
    const place = toPlaceName(row);
    if (slots.some((slot) => (owners.get(slot) ?? place) !== place)) return false;
    for (const slot of slots) owners.set(slot, place);
    return true;
  };
}

/** Stands for a row outside the table filter, which may occupy a key of one of ours. */
const FOREIGN = '';

/** A unique key that omits a part of the identity of rows. */
interface NarrowKey {
  /** The parts of a place that it contains. */
  readonly parts: readonly (keyof RowPlace)[];
  /** Whether rows outside the table filter, such as those of another environment, have keys of their own. */
  readonly isScoped: boolean;
}

/** Keys with a column of any other kind cannot conflict with our rows. */
async function readNarrowKeys(client: PoolClient, { table }: CacheLayout): Promise<NarrowKey[]> {
  const rows = await READ_UNIQUE_KEYS.rows(client, {});
  const filters = Object.keys(table.tableFilter);
  const known = [...Object.keys(table.identity), ...filters];
  return rows
    .filter(({ columns }) => columns.every((column) => known.includes(column)) && columns.length < known.length)
    .map(({ columns }) => ({
      parts: columns.flatMap((column) => table.identity[column] ?? []),
      isScoped: filters.length > 0 && filters.every((column) => columns.includes(column)),
    }));
}
