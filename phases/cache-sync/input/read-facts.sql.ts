import { LISTED } from './listed-on.js';
import { columnStatement, toColumnQuery, type ColumnQuery } from './read-columns.js';

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
};

/** The recorded facts of every listed security on the session (`$1`), symbol ascending by code unit. Index: symbol_fact_pkey (`listed-on.ts`). */
export const READ_FACTS = columnStatement(
  toColumnQuery({ ...FACTS, rows: `select * from (${LISTED}) as s order by s.symbol collate "C"` }),
);
