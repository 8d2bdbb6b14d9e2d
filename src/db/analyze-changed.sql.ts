import { text } from './column.js';
import { statement } from './statement.js';
import { isWritten } from './written-tables.js';

/**
 * Tables that a run writes, of which so much has changed since they were analyzed, or that never were, that plans may be far off.
 *
 * Strategy: the same share as autovacuum's, which acts a minute later, or not at all where it is off: a program that reads right after the
 *           run would meet plans for empty tables.
 */
export const LIST_CHANGED_TABLES = statement({
  parameters: {},
  row: { table: text },
  text: `
    select format('%I.%I', schemaname, relname) as table
    from pg_stat_user_tables
    where ${isWritten('schemaname', 'relname')}
      and n_mod_since_analyze > 1000 + n_live_tup / 10
    order by 1`,
});
