import { date, integer, orNull, text } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';

/**
 * Counts the bars of a session, those without a row in `symbols`, and the active symbols; one row, with the newest session of all.
 *
 * Index: ohlcv_daily_date_idx.
 */
export const COUNT_EXISTING = statement({
  parameters: { session: date },
  row: { bars: integer, unknown: integer, symbols: integer, newest: orNull(text) },
  text: `
    select count(*)::int as bars,
            (count(*) filter (where s.symbol is null))::int as "unknown",
            (select count(*)::int from public.symbols where active) as symbols,
            (select to_char(max(date), 'YYYY-MM-DD') from public.ohlcv_daily) as newest
     from public.ohlcv_daily b left join public.symbols s on s.symbol = b.symbol
     where b.date = $1`,
});
