import { date, json } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';

/**
 * Every symbol traded on the session, in the order of the database.
 *
 * Result: one row, because one row per symbol would block the event loop for 0.1 s at 143,000.
 */
export const LIST_ACTIVE = statement({
  parameters: { session: date },
  row: { symbols: json<string[]>() },
  text: `
    select coalesce(json_agg(symbol order by symbol), '[]') as symbols from public.symbols
    where active and (delisted_date is null or delisted_date > $1)`,
});
