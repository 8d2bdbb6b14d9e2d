import { text } from '../../db/column.js';
import { statement } from '../../db/statement.js';
import { isWritten } from '../../db/written-tables.js';

/** Tables with many rows that were never analyzed, or of which half has changed since. */
export const FIND_STALE_STATISTICS = statement({
  parameters: {},
  row: { table: text },
  text: `
    select schemaname || '.' || relname as table
    from pg_stat_user_tables
    where ${isWritten('schemaname', 'relname')}
      and n_live_tup > 100000
      and (coalesce(last_analyze, last_autoanalyze) is null or n_mod_since_analyze > n_live_tup / 2)
    order by 1`,
});
