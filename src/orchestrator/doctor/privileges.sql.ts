import { text } from '../../db/column.js';
import { statement } from '../../db/statement.js';
import { isWritten } from '../../db/written-tables.js';

/** Tables of `pipeline`, and the shared ones, that the current user may not read and write in full; by name. */
export const FIND_MISSING_PRIVILEGES = statement({
  parameters: {},
  row: { table: text },
  text: `
    select schemaname || '.' || tablename as table
    from pg_tables
    where ${isWritten('schemaname', 'tablename')}
      and not (has_table_privilege(format('%I.%I', schemaname, tablename), 'select')
               and has_table_privilege(format('%I.%I', schemaname, tablename), 'insert')
               and has_table_privilege(format('%I.%I', schemaname, tablename), 'update')
               and (schemaname = 'public' and tablename <> 'cache_entries'
                    or has_table_privilege(format('%I.%I', schemaname, tablename), 'delete')))
    order by 1`,
});
