import type { SessionDate } from '../../core/session.js';
import { arrayOf, boolean, date, double, integer, orNull, text, textOf } from '../../db/column.js';
import { isPositive } from '../../db/sql-conditions.js';
import { statement } from '../../db/statement.js';
import { agree } from '../closes-agree.js';
import { LARGE_MOVE, MIN_RATIO } from './judge-move.js';

/**
 * The sessions of a list with bars whose prices have not been compared yet, and always the one of the run, with the one before, and with the newest
 * one before that is not held; ascending. Bars of days without a session, which some hosts have, are those of no session.
 *
 * Index: ohlcv_daily_date_idx, price_scan_pkey.
 */
export const LIST_UNSCANNED = statement({
  parameters: { days: arrayOf(date), session: date },
  row: {
    session: textOf<SessionDate>(),
    previous: orNull(textOf<SessionDate>()),
    trusted: orNull(textOf<SessionDate>()),
  },
  text: `
    select to_char(asked.day, 'YYYY-MM-DD') as session, to_char(before.day, 'YYYY-MM-DD') as previous,
           to_char(believed.day, 'YYYY-MM-DD') as trusted
    from unnest($1::date[]) as asked (day)
    left join lateral (
      select earlier.day from unnest($1::date[]) as earlier (day)
      where earlier.day < asked.day and exists (select from public.ohlcv_daily bar where bar.date = earlier.day)
      order by earlier.day desc
      limit 1
    ) as before on true
    left join lateral (
      select earlier.day from unnest($1::date[]) as earlier (day)
      where earlier.day <= before.day and earlier.day not in (select held.session from pipeline.held_session held)
        and exists (select from public.ohlcv_daily bar where bar.date = earlier.day)
      order by earlier.day desc
      limit 1
    ) as believed on true
    where exists (select from public.ohlcv_daily bar where bar.date = asked.day)
      and (asked.day = $2 or not exists (select from pipeline.price_scan scan where scan.session = asked.day))
    order by asked.day`,
});

/**
 * The bars of a session whose close or quoted previous close is far from the close before: a few dozen of 7,000. How many quoted previous closes
 * agree with the session before comes with each.
 *
 * The first day of a listing is compared with nothing: the ticker belonged to another security before.
 * Index: ohlcv_daily_date_idx, ohlcv_daily (symbol, date), source_quote_pkey. 15 ms at 7,000 symbols.
 * Tried: a join of the two sessions. Right after an import the server does not know how many bars the session has, expects one, and joins 7,000
 *        to 7,000 one by one: half a minute. Grouping needs no such guess.
 */
export const READ_MOVES = statement({
  parameters: { session: date, previous: date },
  row: {
    symbol: text,
    close: text,
    previousClose: text,
    previousSession: textOf<SessionDate>(),
    quotedPreviousClose: orNull(text),
    isPrevious: boolean,
    quotedCount: integer,
    agreeingCount: integer,
    comparedCount: integer,
    dollarVolumeRatio: orNull(double),
  },
  text: `
    with grouped as materialized (
      select symbol, max(close) filter (where date = $1) as close, max(volume) filter (where date = $1) as volume,
             max(close) filter (where date = $2) as previous_close, max(quoted) as quoted
      from (
        select symbol::text collate "C" as symbol, date, close::numeric as close, volume::numeric as volume, null::numeric as quoted,
               false as is_first_day
        from public.ohlcv_daily
        where date in ($1, $2) and ${isPositive('close')}
        union all
        select symbol, null, null, null, case when ${isPositive('previous_close')} then previous_close end, is_first_day
        from pipeline.source_quote
        where session = $1
      ) as said
      group by symbol
      having count(*) filter (where date = $1) > 0 and not bool_or(is_first_day)
    ), counted as materialized (
      select count(quoted)::integer as quoted_count,
             (count(*) filter (where ${agree('quoted', 'previous_close')}))::integer as agreeing_count,
             count(*)::integer as compared_count
      from grouped where previous_close is not null
    ), bar as (
      select grouped.symbol, grouped.close, grouped.volume, grouped.quoted, coalesce(grouped.previous_close, past.close) as previous_close,
             coalesce(past.date, $2) as previous_session, grouped.previous_close is not null as is_previous
      from grouped
      left join lateral (
        select b.close::numeric as close, b.date from public.ohlcv_daily b
        where grouped.previous_close is null and b.symbol = grouped.symbol collate "default" and b.date < $1 and ${isPositive('b.close')}
          and (b.date = $2 or b.date not in (select held.session from pipeline.held_session held))
        order by b.date desc
        limit 1
      ) past on true
    )
    select bar.symbol, trim_scale(bar.close)::text as "close", trim_scale(bar.previous_close)::text as "previousClose",
           to_char(bar.previous_session, 'YYYY-MM-DD') as "previousSession", trim_scale(bar.quoted)::text as "quotedPreviousClose",
           bar.is_previous as "isPrevious", counted.quoted_count as "quotedCount", counted.agreeing_count as "agreeingCount",
           counted.compared_count as "comparedCount",
           (bar.close * bar.volume / nullif(usual.dollars, 0))::double precision as "dollarVolumeRatio"
    from bar
    cross join counted
    left join lateral (
      select (percentile_cont(0.5) within group (order by (b.close::numeric * b.volume::numeric)::double precision))::numeric as dollars
      from (select close, volume from public.ohlcv_daily past
            where past.symbol = bar.symbol collate "default" and past.date < $1 and ${isPositive('past.close')}
            order by past.date desc limit 10) b
    ) usual on true
    where bar.previous_close is not null
      and (greatest(coalesce(quoted, previous_close), previous_close) >= ${MIN_RATIO} * least(coalesce(quoted, previous_close), previous_close)
           or greatest(close, previous_close) >= ${LARGE_MOVE} * least(close, previous_close))
    order by bar.symbol`,
});
