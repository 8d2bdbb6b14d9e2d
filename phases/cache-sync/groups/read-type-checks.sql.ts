import { text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** The check constraints of `definition_groups` that mention its type, as SQL. */
export const READ_TYPE_CHECKS = statement({
  parameters: {},
  row: { constraint: text, definition: text },
  text: `
    select c.conname::text as constraint, pg_get_constraintdef(c.oid) as definition
    from pg_constraint c
    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey) and a.attname = 'type'
    where c.contype = 'c' and c.conrelid = to_regclass('public.definition_groups')
    order by 1`,
});
