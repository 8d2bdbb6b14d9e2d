import { arrayOf, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** The symbols of a list that are missing from `symbols`, ascending. Index: symbols_pkey. */
export const FIND_UNKNOWN_SYMBOLS = statement({
  parameters: { symbols: arrayOf(text) },
  row: { symbol: text },
  text: `
    select distinct listed.symbol from unnest($1::text[]) as listed (symbol)
    where not exists (select from public.symbols s where s.symbol = listed.symbol)
    order by 1`,
});
