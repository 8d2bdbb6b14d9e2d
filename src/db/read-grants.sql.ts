import { orNull, text } from './column.js';
import { statement } from './statement.js';
import { isWritten } from './written-tables.js';

const OPTIONAL = `(schema.nspname = 'public' and c.relname in ('definition_groups', 'group_memberships'))`;

/**
 * The tables that a run writes, with the sequences of a host's tables and what a user needs on each. Tables of a host are never emptied: only rows
 * that were published are deleted, from `cache_entries` and the tables of groups.
 */
export const READ_WRITTEN_TABLES = statement({
  parameters: {},
  row: { table: text, privileges: text, sequence: orNull(text) },
  text: `
    select format('%I.%I', schema.nspname, c.relname) as table,
           case when schema.nspname = 'pipeline' or c.relname = 'cache_entries' or ${OPTIONAL} then 'select, insert, update, delete'
                else 'select, insert, update' end as privileges,
           s.sequence
    from pg_class c
    join pg_namespace schema on schema.oid = c.relnamespace
    left join lateral (
      select distinct format('%I.%I', n.nspname, q.relname) as sequence
      from pg_depend d
      join pg_class q on q.oid = d.objid and q.relkind = 'S'
      join pg_namespace n on n.oid = q.relnamespace
      where schema.nspname = 'public' and d.refclassid = 'pg_class'::regclass and d.refobjid = c.oid and d.deptype in ('a', 'i')
    ) as s on true
    where c.relkind in ('r', 'p', 'v') and not c.relispartition
      and (${isWritten('schema.nspname', 'c.relname')} or ${OPTIONAL})
    order by schema.nspname desc, c.relname, s.sequence`,
});

/** The name of this database and of the user, as SQL. */
export const READ_OWN_NAMES = statement({
  parameters: {},
  row: { database: text, user: text },
  text: 'select quote_ident(current_database()) as database, quote_ident(current_user) as user',
});
