import { boolean, orNull, text, varchar } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Symbols that are listed, their share class FIGI, listing date, and whether the details of the stock were ever stored.
 *
 * Source: `symbols` alone; a symbol that was written without details has neither shares nor a listing date.
 */
export const READ_KNOWN = statement({
  parameters: {},
  row: { symbol: varchar, figi: orNull(varchar), list_date: orNull(text), has_details: boolean },
  text: `
    select symbol::varchar as symbol, share_class_figi::varchar as figi, list_date::text as list_date,
      (weighted_shares_outstanding is not null or list_date is not null) as has_details
    from public.symbols where active`,
});
