import type { PoolClient } from 'pg';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { toPlaceName, type CacheLayout, type ProjectionRow, type RowPlace } from './layout.js';

/** A former place, and the place of the row that is written there as well. */
export interface Alias extends RowPlace {
  readonly of: RowPlace;
}

/** By place. */
export async function readAliases(client: PoolClient): Promise<Alias[]> {
  const rows = await kyselyOn(client)
    .selectFrom('pipeline.row_alias')
    .select(['type', 'name', 'key', 'of_type', 'of_name', 'of_key'])
    .orderBy('type')
    .orderBy('name')
    .orderBy('key')
    .execute();
  return rows.map(({ of_type, of_name, of_key, ...place }) => ({
    ...place,
    of: { type: of_type, name: of_name, key: of_key },
  }));
}

/** The layout with each aliased row a second time, at its former place. */
export function withAliases(layout: CacheLayout, aliases: readonly Alias[]): CacheLayout {
  if (aliases.length === 0) return layout;
  const byRow = new Map<string, RowPlace[]>();
  for (const { of, ...place } of aliases) byRow.set(toPlaceName(of), [...(byRow.get(toPlaceName(of)) ?? []), place]);
  return {
    ...layout,
    *rows(universes, at, ids) {
      for (const row of layout.rows(universes, at, ids)) {
        yield row;
        for (const place of byRow.get(toPlaceName(row)) ?? []) yield copyTo(row, place);
      }
    },
  };
}

/** Its texts stay lazy. */
function copyTo(row: ProjectionRow, { type, name, key }: RowPlace): ProjectionRow {
  return {
    type,
    name,
    key,
    universe: row.universe,
    get values() {
      return row.values;
    },
    get content() {
      return row.content;
    },
  };
}
