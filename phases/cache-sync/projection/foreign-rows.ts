import type { PoolClient } from 'pg';
import { parseContent } from './cache-content.js';
import { explainRefusal } from './explain-refusal.js';
import { toPlaceName, type CacheLayout, type RowPlace } from './layout.js';
import { readForeignPlacesOf } from './read-foreign-places.sql.js';
import { readStoredOf } from './read-rows.sql.js';

/** Places (`toPlaceName`) of rows that another program wrote, and where a publish may replace them. */
export async function readForeignPlaces(client: PoolClient, layout: CacheLayout): Promise<ReadonlySet<string>> {
  const rows = await explainRefusal(() => readForeignPlacesOf(layout).rows(client, {}));
  return new Set(rows.map(toPlaceName));
}

/** Symbols of the rows at some places, by `toPlaceName`; of several rows at one place those of all. */
export async function readSymbolsAt(
  client: PoolClient,
  layout: CacheLayout,
  places: readonly RowPlace[],
): Promise<Map<string, readonly string[]>> {
  const rows = await readStoredOf(layout).rows(client, {
    managed: [],
    types: places.map(({ type }) => type),
    names: places.map(({ name }) => name),
    keys: places.map(({ key }) => key),
  });
  const symbols = new Map<string, readonly string[]>();
  for (const { texts, ...place } of rows) {
    const known = symbols.get(toPlaceName(place)) ?? [];
    symbols.set(toPlaceName(place), [...known, ...parseContent(layout.table, texts).symbols]);
  }
  return symbols;
}
