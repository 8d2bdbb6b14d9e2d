import { integer, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { CacheLayout } from './layout.js';
import { toProjectionSql } from './projection-sql.js';

/**
 * State of every row of the table that this product may write, and of every row it has written; no value is read.
 *
 * Result: `currentVersion` null when the row does not exist; the others null when this product has not written the row.
 * Index:  none: both tables have one row per universe.
 */
export function readKnownRowsOf(layout: CacheLayout) {
  const { place, matchesTableFilter } = toProjectionSql(layout);
  return statement({
    parameters: {},
    row: {
      type: text,
      name: text,
      key: text,
      universeId: orNull(integer),
      hash: orNull(text),
      writtenVersion: orNull(text),
      currentVersion: orNull(text),
    },
    text: `
    select coalesce(p.type, c.type) as type, coalesce(p.name, c.name) as name, coalesce(p.key, c.key) as key,
           p.universe_id as "universeId", p.value_hash as hash, p.row_version as "writtenVersion", c.version as "currentVersion"
    from pipeline.projection p
    full join (
      select ${place.type} as type, ${place.name} as name, ${place.key} as key,
             string_agg(distinct c.xmin::text, ',') as version
      from public.cache_entries c
      where ${matchesTableFilter}
      group by 1, 2, 3
    ) c on c.type = p.type and c.name = p.name and c.key = p.key`,
  });
}
