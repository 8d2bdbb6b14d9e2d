import { date } from '../../src/db/column.js';
import { statement } from '../../src/db/statement.js';

/** `source_quote` columns in the order of `mapQuotes`. */
export const QUOTE_COLUMNS = 'session, symbol, previous_close, market_cap_usd, is_first_day, listing_year';

/** A staging table for the quotes of one session. */
export const CREATE_QUOTE_STAGE = statement({
  parameters: {},
  row: {},
  text: 'create temp table quote_stage on commit drop as select * from pipeline.source_quote with no data',
});

/** Deletes quotes of a session that the source no longer has. Index: source_quote_pkey. */
export const DELETE_GONE_QUOTES = statement({
  parameters: { session: date },
  row: {},
  text: `
    delete from pipeline.source_quote q
    where q.session = $1 and not exists (select from quote_stage stage where stage.symbol = q.symbol)`,
});

/** Upserts the staged quotes that differ; a market cap of the source replaces one that a host wrote in the meantime. */
export const MERGE_QUOTES = statement({
  parameters: {},
  row: {},
  text: `
    insert into pipeline.source_quote as q (${QUOTE_COLUMNS})
    select ${QUOTE_COLUMNS} from quote_stage
    on conflict (session, symbol) do update
    set previous_close = excluded.previous_close, market_cap_usd = excluded.market_cap_usd,
        is_first_day = excluded.is_first_day, listing_year = excluded.listing_year,
        host_market_cap_usd = case when excluded.market_cap_usd is null then q.host_market_cap_usd end
    where (q.previous_close, q.market_cap_usd, q.is_first_day, q.listing_year) is distinct from
          (excluded.previous_close, excluded.market_cap_usd, excluded.is_first_day, excluded.listing_year)`,
});
