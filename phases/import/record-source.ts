import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { copyIn, type CopyValue } from '../../src/db/copy.js';
import type { Listing } from './source.js';

const QUOTE_COLUMNS = 'session, symbol, previous_close, market_cap_usd, is_first_day';

/**
 * Keeps what the source said of a session beside the bars: its own previous close, the market cap, the mark of a first trading day.
 *
 * `symbols` only has the newest of it, and the session could not be computed again. The first import of a session goes straight into the table, a later
 * one writes only what differs.
 * @returns whether anything was written
 */
export async function writeQuotes(
  client: PoolClient,
  session: SessionDate,
  listings: readonly Listing[],
): Promise<boolean> {
  const isWritten = await mergeQuotes(client, session, listings);
  // A market cap outlives a feed that has none, in `symbols`; of an older session that is imported again they are newer than the session.
  const kept = await client.query(
    `update pipeline.source_quote q set market_cap_usd = s.market_cap
     from symbols s
     where q.session = $1 and q.market_cap_usd is null and s.symbol = q.symbol and s.market_cap is not null
       and not exists (select from pipeline.source_quote newer where newer.session > $1)`,
    [session],
  );
  return isWritten || (kept.rowCount ?? 0) > 0;
}

async function mergeQuotes(client: PoolClient, session: SessionDate, listings: readonly Listing[]): Promise<boolean> {
  const { rows } = await client.query('select 1 from pipeline.source_quote where session = $1 limit 1', [session]);
  if (rows.length === 0) {
    return (await copyIn(client, `pipeline.source_quote (${QUOTE_COLUMNS})`, mapQuotes(session, listings))) > 0;
  }
  await client.query(
    'create temp table quote_stage on commit drop as select * from pipeline.source_quote with no data',
  );
  await copyIn(client, `quote_stage (${QUOTE_COLUMNS})`, mapQuotes(session, listings));
  const gone = await client.query(
    `delete from pipeline.source_quote q
     where q.session = $1 and not exists (select from quote_stage stage where stage.symbol = q.symbol)`,
    [session],
  );
  const merged = await client.query(
    `insert into pipeline.source_quote as q (${QUOTE_COLUMNS})
     select ${QUOTE_COLUMNS} from quote_stage
     on conflict (session, symbol) do update
     set previous_close = excluded.previous_close, market_cap_usd = coalesce(excluded.market_cap_usd, q.market_cap_usd),
         is_first_day = excluded.is_first_day
     where (q.previous_close, coalesce(excluded.market_cap_usd, q.market_cap_usd), q.is_first_day) is distinct from
           (excluded.previous_close, q.market_cap_usd, excluded.is_first_day)`,
  );
  return (gone.rowCount ?? 0) + (merged.rowCount ?? 0) > 0;
}

function* mapQuotes(session: SessionDate, listings: readonly Listing[]): Generator<CopyValue[]> {
  for (const { symbol, quote } of listings) {
    yield [session, symbol.symbol, quote?.previousClose ?? null, symbol.marketCapUsd, quote?.isFirstDay ?? false];
  }
}

/** `symbol_fact` columns → where `symbols` has them. */
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
  active: '(coalesce(s.active, false) or gone.symbol is not null)',
  delisted_date: 'case when gone.symbol is null then s.delisted_date end',
} as const;

/** Symbols that count as delisted because they had no bar for so long. */
const FOUND_ABSENT = `
  select symbol
  from (select distinct on (symbol) symbol, event, reason from pipeline.symbol_event
        where superseded_at is null order by symbol, session desc, id desc) as newest
  where event = 'delisted' and reason = 'ABSENT'`;

/**
 * Keeps what `symbols` says now as true from this session on, where it says something else than before: 12 ms at 7,000 symbols.
 *
 * Edges: who was only found absent, and marked inactive by this product itself, is still active as far as the source ever said; a session
 *        computed again must come to that by itself. Only for the newest session: of an older one `symbols` says nothing.
 */
export async function recordFacts(client: PoolClient, session: SessionDate): Promise<void> {
  const names = Object.keys(FACTS);
  await endFactsOfRemoved(client, session);
  await client.query(
    `with gone as materialized (${FOUND_ABSENT}), facts as materialized (
       select s.symbol, ${Object.entries(FACTS)
         .map(([name, source]) => `${source} as ${name}`)
         .join(', ')}, f.valid_from as known_from
       from symbols s
       left join gone on gone.symbol = s.symbol
       left join pipeline.symbol_fact f on f.symbol = s.symbol and f.valid_to is null
       where f.symbol is null
          or (${names.map((name) => `f.${name}`).join(', ')}) is distinct from (${Object.values(FACTS).join(', ')})
     ), corrected as (
       update pipeline.symbol_fact f
       set (${names.join(', ')}) = (select ${names.map((name) => `facts.${name}`).join(', ')})
       from facts
       where f.symbol = facts.symbol and f.valid_to is null and facts.known_from >= $1
     ), closed as (
       update pipeline.symbol_fact f
       set valid_to = $1
       from facts
       where f.symbol = facts.symbol and f.valid_to is null and facts.known_from < $1
     )
     select 1`,
    [session],
  );
  // In order, so that all are found before the first is added: a table that the server believes to be empty is gone through anew for every symbol, and
  // would grow meanwhile. 143,000 symbols took 104 s so.
  await client.query(
    `insert into pipeline.symbol_fact (symbol, valid_from, ${names.join(', ')})
     select s.symbol, $1, ${Object.values(FACTS).join(', ')}
     from symbols s
     left join (${FOUND_ABSENT}) as gone on gone.symbol = s.symbol
     where not exists (select from pipeline.symbol_fact f where f.symbol = s.symbol and f.valid_to is null)
     order by s.symbol`,
    [session],
  );
}

/** A host may delete rows of `symbols`: from then on nothing is known of those symbols. */
async function endFactsOfRemoved(client: PoolClient, session: SessionDate): Promise<void> {
  await client.query(
    `with removed as materialized (
       select f.symbol, f.valid_from from pipeline.symbol_fact f
       where f.valid_to is null and not exists (select from symbols s where s.symbol = f.symbol)
     ), forgotten as (
       delete from pipeline.symbol_fact f using removed
       where f.symbol = removed.symbol and f.valid_from = removed.valid_from and f.valid_from >= $1
     )
     update pipeline.symbol_fact f set valid_to = $1
     from removed
     where f.symbol = removed.symbol and f.valid_from = removed.valid_from and f.valid_from < $1`,
    [session],
  );
}
