import { date, integer, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import { LISTED } from './listed-on.js';

/**
 * Bars of a session and of the previous one whose symbols are not or no longer listed, by exchange.
 *
 * Index: ohlcv_daily_date_idx.
 */
export const COUNT_UNLISTED = statement({
  parameters: { session: date, previousSession: orNull(date) },
  row: { exchange: text, bars: integer, previousBars: integer },
  text: `
    select upper(coalesce(f.exchange, '')) as exchange,
           (count(*) filter (where b.date = $1))::int as bars, (count(*) filter (where b.date = $2))::int as "previousBars"
    from public.ohlcv_daily b
    left join pipeline.symbol_fact f
      on f.symbol = b.symbol and f.valid_from <= $1 and (f.valid_to is null or f.valid_to > $1)
    where b.date in ($1, $2) and b.close is not null
      and not exists (select from (${LISTED}) as listed where listed.symbol = b.symbol)
    group by 1`,
});
