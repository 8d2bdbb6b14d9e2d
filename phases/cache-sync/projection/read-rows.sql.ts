import { arrayOf, boolean, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { CacheLayout } from './layout.js';
import { toProjectionSql } from './projection-sql.js';

/** The places of all rows, and whether this product may write them. */
export function readPlacesOf(layout: CacheLayout) {
  const { place, matchesTableFilter } = toProjectionSql(layout);
  return statement({
    parameters: {},
    row: { type: text, name: text, key: text, matchesTableFilter: boolean },
    text: `
    select ${place.type}::text as type, ${place.name}::text as name, ${place.key}::text as key, ${matchesTableFilter} as "matchesTableFilter"
    from public.cache_entries c`,
  });
}

/**
 * Rows of the published kinds, and those at the places to be written, by place, with the texts of their content.
 *
 * Parameters: `managed` values of the column that gives the kind; places as parallel lists.
 */
export function readStoredOf(layout: CacheLayout) {
  const { place, matchesTableFilter, isAt } = toProjectionSql(layout);
  const { managed, table } = layout;
  return statement({
    parameters: { managed: arrayOf(text), types: arrayOf(text), names: arrayOf(text), keys: arrayOf(text) },
    row: { type: text, name: text, key: text, texts: arrayOf(orNull(text)) },
    text: `
    select ${place.type}::text as type, ${place.name}::text as name, ${place.key}::text as key,
           array[${table.content.map(({ column }) => `c.${column}::text`).join(', ')}] as texts
    from public.cache_entries c
    where ${matchesTableFilter}
      and (c.${managed.column} = any ($1)
           or exists (select from unnest($2::text[], $3::text[], $4::text[]) as w (type, name, key) where ${isAt('w')}))
    order by 1, 2, 3`,
  });
}
