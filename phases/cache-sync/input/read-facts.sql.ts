import { LISTED } from './listed-on.js';
import { columnStatement, toColumnQuery, type ColumnQuery } from './read-columns.js';

/** What a person has decided, or must decide, about the identity of two tickers: `[kind, symbol, other, is the same]`. */
const DECISIONS = `(
  select coalesce(json_agg(json_build_array(e.kind, ${tickerNow('e.symbol')}, ${tickerNow('e.other')},
                                            case e.state when 'approved' then true when 'rejected' then false end) order by e.id), '[]')
  from pipeline.exception e
  where e.kind <> 'PRICE_MOVE' and e.state <> 'superseded')`;

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
  single: { decisions: DECISIONS },
};

/** The recorded facts of every listed security on the session (`$1`), symbol ascending by code unit. Index: symbol_fact_pkey (`listed-on.ts`). */
export const READ_FACTS = columnStatement(
  toColumnQuery({ ...FACTS, rows: `select * from (${LISTED}) as s order by s.symbol collate "C"` }),
);
