import { arrayOf, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** The columns of each unique key of `cache_entries`, without partial keys and those on expressions. */
export const READ_UNIQUE_KEYS = statement({
  parameters: {},
  row: { columns: arrayOf(text) },
  text: `
    select array_agg(a.attname::text) as columns
    from pg_index i
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey[0:i.indnkeyatts - 1])
    where i.indrelid = 'public.cache_entries'::regclass and i.indisunique and i.indpred is null and i.indexprs is null
    group by i.indexrelid`,
});
