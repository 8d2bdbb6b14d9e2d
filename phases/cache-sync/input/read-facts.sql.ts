import { FIGURES_SESSION } from './figures-session.js';
import { LISTED } from './listed-on.js';
import { columnStatement, toColumnQuery, type ColumnQuery } from './read-columns.js';

/** What a person has decided, or must decide, about the identity of two tickers: `[kind, symbol, other, is the same]`. */
const DECISIONS = `(
  select coalesce(json_agg(json_build_array(e.kind, ${tickerNow('e.symbol')}, ${tickerNow('e.other')},
                                            case e.state when 'approved' then true when 'rejected' then false end) order by e.id), '[]')
  from pipeline.exception e
  where e.kind in ('RENAME', 'SAME_COMPANY') and e.state <> 'superseded')`;

/**
 * What is known of price moves: `[symbol, is since the last figures, shares after by shares before, state]`. Splits of this session, and of those held
 * before it, and moves like those of splits which the source did not adjust: open ones, and those of the last year that a person said were none.
 */
const MOVES = `(
  select coalesce(json_agg(json_build_array(m.symbol, m.is_today, m.ratio, m.state) order by m.symbol, m.is_today, m.state), '[]')
  from (
    select f.symbol, true as is_today, 1 / f.factor as ratio, 'known' as state
    from pipeline.share_factors() f
    where f.session <= $1 and f.session > coalesce(${FIGURES_SESSION}, $1::date - 1) and f.kind <> 'none'
    union all
    select ${tickerNow('e.symbol')}, e.session > coalesce(${FIGURES_SESSION}, $1::date - 1), (e.proposal ->> 'newShares')::numeric / (e.proposal ->> 'oldShares')::numeric,
           case e.state when 'open' then 'open' else 'rejected' end
    from pipeline.exception e
    where e.kind = 'PRICE_MOVE' and e.reason = 'UNADJUSTED' and e.session <= $1
      and (e.state = 'open' or e.state = 'rejected' and e.session > $1::date - 365)
  ) m)`;

/** What a person has said, or must say, about share counts: `[symbol, shares, is right]`. */
const COUNT_DECISIONS = `(
  select coalesce(json_agg(json_build_array(${tickerNow('e.symbol')}, (e.evidence ->> 'shares')::double precision,
                                            case e.state when 'approved' then true when 'rejected' then false end) order by e.id), '[]')
  from pipeline.exception e
  where e.kind = 'MARKET_CAP' and e.state <> 'superseded' and e.session <= $1)`;

/** The ticker in the session of the security that one stood for when it was doubted; of a rename both are as they were. */
function tickerNow(ticker: string): string {
  return `case when e.kind = 'RENAME' then ${ticker} else coalesce((
    select t.ticker from pipeline.security_tickers(${ticker}, e.session) t
    where $1::date >= t.valid_from and (t.valid_to is null or $1::date < t.valid_to)), ${ticker}) end`;
}

export const FACTS: Omit<ColumnQuery, 'rows'> = {
  lists: ['symbol', 'name', 'type', 'exchange', 'sector', 'industry', 'shares'],
  unusual: {
    market: 'stocks',
    list_date: null,
    sic_code: null,
    etf_type: null,
    issuer: null,
    aum_millions: null,
    cik: null,
    figi: null,
  },
  single: { decisions: DECISIONS, moves: MOVES, count_decisions: COUNT_DECISIONS },
};

/** The recorded facts of every listed security on the session (`$1`), symbol ascending by code unit. Index: symbol_fact_pkey (`listed-on.ts`). */
export const READ_FACTS = columnStatement(
  toColumnQuery({ ...FACTS, rows: `select * from (${LISTED}) as s order by s.symbol collate "C"` }),
);
