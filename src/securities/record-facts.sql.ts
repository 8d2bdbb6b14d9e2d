import { date } from '../db/column.js';
import { statement } from '../db/statement.js';
import { HORIZON, MAY_HAVE_CHANGED } from './may-have-changed.js';

/** Symbols counted as delisted or renamed: since which session, and whether only because of missing bars. */
const LIFE = `
  select symbol, session, reason in ('ABSENT', 'TICKER_CHANGED') as is_absent
  from (select distinct on (symbol) symbol, session, event, reason from pipeline.symbol_event
        where superseded_at is null order by symbol, session desc, id desc) as newest
  where event in ('delisted', 'renamed')`;

/** Whether the listing columns of `symbols` are those this product wrote when the symbol was reported inactive. */
const IS_OWN = `(f.symbol is not null and not life.is_absent and not s.active and s.delisted_date = coalesce(f.delisted_date, life.session))`;

/** Columns of `symbol_fact` → where `symbols` has them, with the open fact as `f`. */
const FACTS = {
  name: 's.name',
  type: 's.type',
  exchange: 'coalesce(s.primary_exchange, s.exchange)',
  market: 's.market',
  sector: 's.sector',
  industry: 's.industry',
  sic_code: 's.sic_code',
  list_date: 's.list_date',
  shares: 's.weighted_shares_outstanding',
  etf_type: 's.etf_type',
  issuer: 's.issuer',
  aum_millions: 's.aum_millions',
  // With or without leading zeros; empty text and zeros are none.
  cik: `nullif(ltrim(trim(s.cik), '0'), '')`,
  figi: `substring(upper(coalesce(nullif(trim(s.share_class_figi), ''), s.composite_figi)) from '^\\s*([B-DF-HJ-NP-TV-Z0-9]{12})\\s*$')`,
  active: `case when ${IS_OWN} then f.active else coalesce(s.active, false) or life.is_absent is true end`,
  delisted_date: `case when ${IS_OWN} then f.delisted_date when life.is_absent is not true then s.delisted_date end`,
} as const;

const NAMES = Object.keys(FACTS);
const SOURCES = Object.entries(FACTS).map(([name, source]) => `${source} as ${name}`);
const list = (table: string): string => NAMES.map((name) => `${table}.${name}`).join(', ');

/** Closes the facts of symbols whose rows a host has deleted: from then on nothing is known about them. Index: symbol_fact_open_idx, symbols_pkey. */
export const END_FACTS_OF_REMOVED = statement({
  parameters: { session: date },
  row: {},
  text: `
    with removed as materialized (
      select f.symbol, f.valid_from from pipeline.symbol_fact f
      where f.valid_to is null and not exists (select from public.symbols s where s.symbol = f.symbol)
    ), forgotten as (
      delete from pipeline.symbol_fact f using removed
      where f.symbol = removed.symbol and f.valid_from = removed.valid_from and f.valid_from >= $1
    )
    update pipeline.symbol_fact f set valid_to = $1
    from removed
    where f.symbol = removed.symbol and f.valid_from = removed.valid_from and f.valid_from < $1`,
});

/**
 * Closes the open facts of symbols whose facts changed; facts that began in this session are corrected in place.
 *
 * Index: symbol_fact_open_idx, symbol_event_symbol_idx.
 */
export const CLOSE_CHANGED_FACTS = statement({
  parameters: { session: date },
  row: {},
  text: `
    with life as materialized (${LIFE}), facts as materialized (
      select s.symbol, ${SOURCES.join(', ')}, f.valid_from as known_from
      from ${HORIZON}
      join public.symbols s on ${MAY_HAVE_CHANGED}
      join pipeline.symbol_fact f on f.symbol = s.symbol and f.valid_to is null
      left join life on life.symbol = s.symbol
      where (${list('f')}) is distinct from (${Object.values(FACTS).join(', ')})
    ), corrected as (
      update pipeline.symbol_fact f
      set (${NAMES.join(', ')}) = (select ${list('facts')})
      from facts
      where f.symbol = facts.symbol and f.valid_to is null and facts.known_from >= $1
    )
    update pipeline.symbol_fact f
    set valid_to = $1
    from facts
    where f.symbol = facts.symbol and f.valid_to is null and facts.known_from < $1`,
});

/**
 * Adds facts of symbols that have no open ones.
 *
 * Tried: ordered, so that all symbols are found before the first row is added: while the server believes the table to be empty it scans it
 *        for every symbol, and the table grows meanwhile; 143,000 symbols took 104 s that way.
 */
export const ADD_MISSING_FACTS = statement({
  parameters: { session: date },
  row: {},
  text: `
    insert into pipeline.symbol_fact (symbol, valid_from, ${Object.keys(FACTS).join(', ')})
    select s.symbol, $1, ${Object.values(FACTS).join(', ')}
    from public.symbols s
    left join pipeline.symbol_fact f on f.symbol = s.symbol and f.valid_to is null
    left join (${LIFE}) as life on life.symbol = s.symbol
    where f.symbol is null
    order by s.symbol`,
});
