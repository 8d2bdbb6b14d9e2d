import { arrayOf, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Those of a list of symbols that `symbols` does not have, ascending. Index: symbols_pkey. */
export const FIND_UNKNOWN_SYMBOLS = statement({
  parameters: { symbols: arrayOf(text) },
  row: { symbol: text },
  text: `
    select distinct listed.symbol from unnest($1::text[]) as listed (symbol)
    where not exists (select from symbols s where s.symbol = listed.symbol)
    order by 1`,
});
