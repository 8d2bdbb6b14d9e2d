import { date, integer, orNull, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import { LISTED } from './listed-on.js';
import { agree } from '../../../src/securities/closes-agree.js';

/** Sessions before the previous one that a late feed may repeat. */
const DAYS = [1, 2, 3, 4, 5];

/**
 * Compares the quoted previous closes of a session with the closes of the session before the previous one and with its own closes, and its closes
 * with those of the five sessions before the previous one; by exchange.
 *
 * Index:      ohlcv_daily_date_idx, source_quote_pkey.
 * Tried:      Full joins throughout, without a condition that would narrow them: the server can only hash or merge them. It has no
 *             statistics of a session that was just imported: it expected one row, and left joins scanned one whole session for each symbol
 *             of another, 6 s at 7,000 symbols against 20 ms.
 */
export const COUNT_EARLIER = statement({
  parameters: { session: date, previousSession: orNull(date) },
  row: { exchange: text, withEarlierClose: integer, matchingEarlier: integer, repeatedEarlier: integer, flat: integer },
  text: `
    with recursive days (day, place) as (
      select (select max(date) from public.ohlcv_daily where date < $2), 1
      union all
      select (select max(date) from public.ohlcv_daily where date < day), place + 1 from days where place < ${DAYS.length}
    ), today as (
      select symbol, close from public.ohlcv_daily where date = $1
    ), earlier as (
      select symbol, close from public.ohlcv_daily where date = (select day from days where place = 1)
    ), compared as (
      select symbol, close, max(close) filter (where date = $1) over (partition by symbol) as present,
             array_position(array(select day from days order by place), date) as place
      from public.ohlcv_daily
      where date = $1 or date = any (array(select day from days))
    ), repeated as (
      select symbol, ${DAYS.map((place) => `coalesce(bool_or(close = present) filter (where place = ${place}), false) as same_${place}`).join(', ')}
      from compared
      group by symbol
    ), quote as (
      select symbol, previous_close as close from pipeline.source_quote where session = $1
    ), listed as (
      select symbol, exchange from (${LISTED}) as fact
    ), counted as (
      select coalesce(listed.exchange, '') as exchange,
             count(*) filter (where today.close is not null and earlier.close is not null and quote.close is not null) as quoted,
             count(*) filter (where today.close is not null and ${agree('quote.close', 'earlier.close')}) as matching,
             ${DAYS.map((place) => `count(*) filter (where same_${place}) as same_${place}`).join(', ')},
             count(*) filter (where ${agree('quote.close', 'today.close')}) as flat
      from today
      full join earlier using (symbol)
      full join quote using (symbol)
      full join repeated using (symbol)
      full join listed using (symbol)
      group by 1
    )
    select upper(exchange) as exchange, sum(quoted)::int as "withEarlierClose", sum(matching)::int as "matchingEarlier",
           greatest(${DAYS.map((place) => `sum(same_${place})`).join(', ')})::int as "repeatedEarlier", sum(flat)::int as flat
    from counted
    group by 1`,
});
