import { text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { CacheLayout } from './layout.js';
import { toProjectionSql } from './projection-sql.js';

/** Places of rows that this product may write and has never written; no value is read. */
export function readForeignPlacesOf(layout: CacheLayout) {
  const { place, matchesTableFilter } = toProjectionSql(layout);
  return statement({
    parameters: {},
    row: { type: text, name: text, key: text },
    text: `
    select ${place.type}::text as type, ${place.name}::text as name, ${place.key}::text as key
    from public.cache_entries c
    where ${matchesTableFilter} and not exists (
      select from pipeline.projection p where p.type = ${place.type} and p.name = ${place.name} and p.key = ${place.key})
    group by 1, 2, 3`,
  });
}
