import { LISTED } from './listed-on.js';
import { columnStatement, PARAMETER, toColumnQuery, type ColumnQuery } from './read-columns.js';
import { VALUED_TYPES } from '../valuation/market.js';
import { compareBars } from './session-stats.js';

const countBars = (session: string): string =>
  `(select count(*) from public.ohlcv_daily where date = ${session} and close is not null)`;

/** Whether the source states market caps at all: some state none, and the host has them. Other types than those valued have none anyway. */
const STATES_CAPS = `(select exists (select from pipeline.source_quote where session = $1 and market_cap_usd is not null))`;

/** Price columns that are part of the input; the comparison of bars with the previous session is used to judge a session and is not part of it. */
export const PRICES: Omit<ColumnQuery, 'rows'> = {
  lists: ['close', 'volume', 'quoted_close', 'quoted_cap'],
  unusual: {
    seen_date: PARAMETER,
    is_seen_held: false,
    trusted_date: null,
    is_quiet: false,
    is_first_day: false,
    is_older_listing: false,
    is_cap_missing: false,
  },
};

export const JUDGED_PRICES: Omit<ColumnQuery, 'rows'> = {
  lists: [...PRICES.lists, 'compared'],
  unusual: PRICES.unusual,
  single: {
    previous_session: '(select session from previous)',
    bars: countBars('$1'),
    previous_bars: countBars('(select session from previous)'),
  },
};

/** What is usual for a day, as a share of the median dollar volume of the days before, and the least of them that says anything. */
const QUIET = { min: 0.1, max: 1.2, days: 20, minDays: 10, minUsd: 1e6 };

/**
 * Whether a symbol that has not traded for days, but not for months, traded as usual on its last day (`past`). In a `case`: a lateral join would
 * aggregate nothing for each of the thousands that did trade.
 */
const IS_QUIET = `
  case when past.date between $1::date - 120 and $1::date - 2 then (
    select days > ${QUIET.minDays} and usual >= ${QUIET.minUsd} and last between ${QUIET.min} * usual and ${QUIET.max} * usual
    from (
      select count(*) as days, max(dollars) filter (where day = 1) as last,
             percentile_cont(0.5) within group (order by dollars) filter (where day > 1) as usual
      from (
        select (b.close::numeric * b.volume::numeric)::double precision as dollars, row_number() over (order by b.date desc) as day
        from public.ohlcv_daily b
        where b.symbol = s.symbol and b.date <= coalesce(trusted.date, past.date)
        order by b.date desc
        limit ${QUIET.days + 1}
      ) as traded
    ) as counted
  ) end`;

const toPricesQuery = (
  query: Omit<ColumnQuery, 'rows'>,
  compared?: { readonly value: string; readonly join: string },
): string =>
  toColumnQuery({
    ...query,
    rows: `
      select s.symbol, coalesce(today.close, case when past.is_held then trusted.close else past.close end) as close,
             coalesce(today.volume, case when past.is_held then trusted.volume else past.volume end) as volume,
             coalesce(today.date, past.date) as seen_date, coalesce(past.is_held, false) as is_seen_held, trusted.date as trusted_date,
             coalesce(${IS_QUIET}, false) as is_quiet,
             quote.previous_close as quoted_close,
             coalesce(quote.host_market_cap_usd, quote.market_cap_usd) as quoted_cap,
             coalesce(quote.is_first_day, false) as is_first_day,
             quote.symbol is not null and coalesce(quote.host_market_cap_usd, quote.market_cap_usd) is null
               and s.type in (${VALUED_TYPES.map((type) => `'${type}'`).join(', ')}) and ${STATES_CAPS} as is_cap_missing,
             coalesce(s.valid_from = $1 and quote.listing_year < extract(year from $1::date), false) as is_older_listing${compared ? `, ${compared.value} as compared` : ''}
      from (${LISTED}) as s
      left join public.ohlcv_daily today on today.symbol = s.symbol and today.date = $1
      ${compared?.join ?? ''}
      left join pipeline.source_quote quote on quote.symbol = s.symbol collate "C" and quote.session = $1
      left join lateral (
        select b.close, b.volume, b.date, b.date in (select h.session from pipeline.held_session h) as is_held
        from public.ohlcv_daily b
        where today.symbol is null and b.symbol = s.symbol and b.date < $1
        order by b.date desc
        limit 1
      ) past on true
      left join lateral (
        select b.close, b.volume, b.date
        from public.ohlcv_daily b
        where past.is_held and b.symbol = s.symbol and b.date < past.date and b.date not in (select h.session from pipeline.held_session h)
        order by b.date desc
        limit 1
      ) trusted on true
      order by s.symbol collate "C"`,
  });

/**
 * The newest close of every listed security up to the session (`$1`), and the quotes of the source, symbol ascending by code unit. Of an earlier
 * session that is held, a bar says that the security was listed (`seen_date`), and its close is not used.
 *
 * The closes of the session are joined, and only symbols that did not trade look back, without a limit: the age of the last bar
 * distinguishes a pause from a delisting. Looking back for every symbol (`lateral … limit 1`, itself ten times faster than `distinct on`)
 * took 760 ms at 143,000 symbols against 370, and 54 ms against 15 at 7,000.
 *
 * The bars of the previous session, needed to judge the session as a whole, come with the same rows: in a separate statement the server
 * would join them again, 28 ms at 7,000 symbols and 0.4 s at 143,000. They are left out when only a hash is needed: 0.2 s of 0.95.
 */
export const READ_PRICES = columnStatement(toPricesQuery(PRICES));

/** The same with the bars of the previous session. */
export const READ_JUDGED_PRICES = columnStatement(`
  with previous as materialized (
    select max(date) as session from public.ohlcv_daily where date < $1
  )
  ${toPricesQuery(JUDGED_PRICES, {
    value: compareBars('today.close', 'before.close', 'quote.previous_close'),
    join: 'left join public.ohlcv_daily before on before.symbol = s.symbol and before.date = (select session from previous)',
  })}`);
