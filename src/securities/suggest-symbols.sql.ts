import { orNull, text } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * Symbols that a mistyped one may mean: the same letters and digits (`brk.b` and BRK/B), else a name that contains the text. Listed ones and the
 * largest first, three at most.
 *
 * Parameters: `pattern` for LIKE, null for a text that is too short to be a name.
 * Index:      none: read once, for an error.
 */
export const SUGGEST_SYMBOLS = statement({
  parameters: { symbol: text, pattern: orNull(text) },
  row: { symbol: text, name: orNull(text) },
  text: `
    with asked as (select upper(regexp_replace($1::text, '[^[:alnum:]]', '', 'g')) as letters)
    select s.symbol::text, s.name::text
    from public.symbols s, asked
    where (asked.letters <> '' and upper(regexp_replace(s.symbol, '[^[:alnum:]]', '', 'g')) = asked.letters)
       or s.name ilike $2::text
    order by (upper(regexp_replace(s.symbol, '[^[:alnum:]]', '', 'g')) = asked.letters) desc,
             coalesce(s.active, false) desc, s.market_cap desc nulls last, s.symbol
    limit 3`,
});
