import { arrayOf, instant, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { CacheLayout } from './layout.js';
import { toProjectionSql } from './projection-sql.js';

/**
 * Takes rows that this product has never written out of the table and keeps a copy of each; places as parallel lists.
 *
 * Result: the places of the rows that were there.
 */
export function retireRowsOf(layout: CacheLayout) {
  const { place, isAt } = toProjectionSql(layout);
  return statement({
    parameters: { types: arrayOf(text), names: arrayOf(text), keys: arrayOf(text), at: instant, by: text },
    row: { type: text, name: text, key: text },
    text: `
    with gone as (
      delete from public.cache_entries c
      using unnest($1::text[], $2::text[], $3::text[]) as w (type, name, key)
      where ${isAt('w')}
        and not exists (select from pipeline.projection p where p.type = w.type and p.name = w.name and p.key = w.key)
      returning ${place.type}::text as type, ${place.name}::text as name, ${place.key}::text as key, to_jsonb(c) as content
    )
    insert into pipeline.retired_row (type, name, key, content, retired_at, retired_by)
    select type, name, key, content, $4::timestamptz, $5::text from gone
    returning type, name, key`,
  });
}
