import { LISTED } from './listed-on.js';
import { columnStatement, PARAMETER, toColumnQuery, type ColumnQuery } from './read-columns.js';
import { compareBars } from './session-stats.js';

const countBars = (session: string): string =>
  `(select count(*) from ohlcv_daily where date = ${session} and close is not null)`;

/** What of prices is an input; how bars compare with those of the session before judges a session, and is not a fact of it. */
export const PRICES: Omit<ColumnQuery, 'rows'> = {
  lists: ['close', 'volume', 'quoted_close', 'quoted_cap'],
  unusual: { price_date: PARAMETER, is_first_day: false },
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

const toPricesQuery = (
  query: Omit<ColumnQuery, 'rows'>,
  compared?: { readonly value: string; readonly join: string },
): string =>
  toColumnQuery({
    ...query,
    rows: `
      select s.symbol, coalesce(today.close, past.close) as close, coalesce(today.volume, past.volume) as volume,
             coalesce(today.date, past.date) as price_date, quote.previous_close as quoted_close,
             coalesce(quote.host_market_cap_usd, quote.market_cap_usd) as quoted_cap,
             coalesce(quote.is_first_day, false) as is_first_day${compared ? `, ${compared.value} as compared` : ''}
      from (${LISTED}) as s
      left join ohlcv_daily today on today.symbol = s.symbol and today.date = $1
      ${compared?.join ?? ''}
      left join pipeline.source_quote quote on quote.symbol = s.symbol collate "C" and quote.session = $1
      left join lateral (
        select b.close, b.volume, b.date
        from ohlcv_daily b
        where today.symbol is null and b.symbol = s.symbol and b.date < $1
        order by b.date desc
        limit 1
      ) past on true
      order by s.symbol collate "C"`,
  });

/**
 * The newest close of every listed security up to the session (`$1`), and what the source said of it, symbol ascending by code unit.
 *
 * The closes of the session are joined, and only what did not trade looks back, as far as it takes: the age of the last bar distinguishes a pause from a
 * delisting. Looking back for every symbol (`lateral … limit 1`, itself ten times faster than `distinct on`) took 760 ms at 143,000 symbols
 * against 370, and 54 ms against 15 at 7,000.
 *
 * What the session is judged by as a whole, its bars beside those of the session before, comes with the same rows: in a statement of its own
 * the server would join them all once more, 28 ms at 7,000 symbols and 0.4 s at 143,000. For a hash alone it is left out: 0.2 s of 0.95.
 */
export const READ_PRICES = columnStatement(toPricesQuery(PRICES));

/** The same with what the session is judged by. */
export const READ_JUDGED_PRICES = columnStatement(`
  with previous as materialized (
    select max(date) as session from ohlcv_daily where date < $1
  )
  ${toPricesQuery(JUDGED_PRICES, {
    value: compareBars('today.close', 'before.close', 'quote.previous_close'),
    join: 'left join ohlcv_daily before on before.symbol = s.symbol and before.date = (select session from previous)',
  })}`);
