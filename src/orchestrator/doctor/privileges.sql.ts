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

/** The same tables of which policies of row-level security may hide rows from the current user, or refuse some; by name. */
export const FIND_ROW_SECURITY = statement({
  parameters: {},
  row: { table: text },
  text: `
    select t.schemaname || '.' || t.tablename as table
    from pg_tables t
    where ${isWritten('t.schemaname', 't.tablename')}
      and row_security_active(format('%I.%I', t.schemaname, t.tablename))
      and not exists (
        select from pg_policies p
        where p.schemaname = t.schemaname and p.tablename = t.tablename and p.permissive = 'PERMISSIVE' and p.cmd = 'ALL'
          and p.roles && array['public'::name, current_user] and p.qual = 'true' and coalesce(p.with_check, 'true') = 'true'
          and not exists (
            select from pg_policies r
            where r.schemaname = t.schemaname and r.tablename = t.tablename and r.permissive = 'RESTRICTIVE'))
    order by 1`,
});
