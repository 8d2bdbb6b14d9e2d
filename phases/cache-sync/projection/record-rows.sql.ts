import { arrayOf, integer, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import type { CacheLayout } from './layout.js';
import { toProjectionSql } from './projection-sql.js';

/**
 * Records the content of the rows; parallel lists.
 *
 * Edges: the version that proves it is this transaction's own where it wrote the row, which nothing else can write until the commit; and
 *        the one read before the comparison where the server found an equal value and skipped the row. A version read here could be that of
 *        a host that wrote the row in between, and its value would never be repaired.
 * Index: projection_pkey, for the conflict.
 */
export function recordRowsOf(layout: CacheLayout) {
  const { isAt } = toProjectionSql(layout);
  return statement({
    parameters: {
      types: arrayOf(text),
      names: arrayOf(text),
      keys: arrayOf(text),
      universes: arrayOf(orNull(integer)),
      hashes: arrayOf(text),
      seenVersions: arrayOf(orNull(text)),
    },
    row: {},
    text: `
    insert into pipeline.projection as p (type, name, key, environment, universe_id, value_hash, row_version)
    select r.type, r.name, r.key, 'DEFAULT', r.universe_id, r.value_hash,
           case when exists (select from public.cache_entries c where ${isAt('r')} and c.xmin = pg_current_xact_id()::xid)
                then pg_current_xact_id()::xid::text else coalesce(r.seen_version, '') end
    from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[])
      as r (type, name, key, universe_id, value_hash, seen_version)
    on conflict (type, name, key, environment) do update
    set universe_id = excluded.universe_id, value_hash = excluded.value_hash, row_version = excluded.row_version`,
  });
}
