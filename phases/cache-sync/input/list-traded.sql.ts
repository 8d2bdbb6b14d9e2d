import { date, json } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Symbols with a bar of the session or of the one before, in the order of the database; one row.
 *
 * Index: the one of `ohlcv_daily` by date.
 */
export const LIST_TRADED = statement({
  parameters: { session: date, before: date },
  row: { symbols: json<string[]>(), missing: json<string[]>() },
  text: `
    select coalesce(json_agg(symbol order by symbol), '[]') as symbols,
           coalesce(json_agg(symbol) filter (where newest < $1::date), '[]') as missing
    from (
      select symbol, max(date)::date as newest
      from public.ohlcv_daily
      where date between $2::date and $1::date
      group by symbol
    ) as traded`,
});
