import { arrayOf, date, orNull, text, textOf } from '../../db/column.js';
import { statement } from '../../db/statement.js';
import type { SessionDate } from '../../core/session.js';

/**
 * Of each symbol its first and last bar since a date; null where it has none. Bars of a ticker are those of its row in `symbols`.
 *
 * Index: the unique key of ohlcv_daily on (symbol, date), twice for each symbol.
 */
export const READ_LOADED = statement({
  parameters: { symbols: arrayOf(text), since: date },
  row: { symbol: text, first: orNull(textOf<SessionDate>()), last: orNull(textOf<SessionDate>()) },
  text: `
    select asked.symbol, to_char(oldest.date, 'YYYY-MM-DD') as first, to_char(newest.date, 'YYYY-MM-DD') as last
    from unnest($1::text[]) as asked (symbol)
    left join lateral (
      select date from public.ohlcv_daily b where b.symbol = asked.symbol and b.date >= $2::date order by date limit 1
    ) oldest on true
    left join lateral (
      select date from public.ohlcv_daily b where b.symbol = asked.symbol and b.date >= $2::date order by date desc limit 1
    ) newest on true`,
});
