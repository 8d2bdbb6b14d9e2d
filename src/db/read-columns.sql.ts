import { boolean, integer, orNull, text } from './column.js';
import { statement } from './statement.js';

/**
 * Columns of a table, in order; none when the table does not exist. `maxLength` is that of `varchar` and `char` with a length, `precision` and `scale`
 * those of `numeric` with digits.
 */
export const READ_COLUMNS = statement({
  parameters: { table: text },
  row: {
    name: text,
    type: text,
    isRequired: boolean,
    maxLength: orNull(integer),
    precision: orNull(integer),
    scale: orNull(integer),
  },
  text: `
    select attname::text as name, atttypid::regtype::text as type, attnotnull as "isRequired",
           case when atttypid in ('varchar'::regtype, 'bpchar'::regtype) and atttypmod > 4 then atttypmod - 4 end as "maxLength",
           case when atttypid = 'numeric'::regtype and atttypmod > 4 then (atttypmod - 4) >> 16 & 65535 end as precision,
           case when atttypid = 'numeric'::regtype and atttypmod > 4 then ((atttypmod - 4 & 2047) # 1024) - 1024 end as scale
    from pg_attribute
    where attrelid = to_regclass($1) and attnum > 0 and not attisdropped
    order by attnum`,
});
