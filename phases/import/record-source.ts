import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { copyIn, type CopyValue } from '../../src/db/copy.js';
import type { Listing } from './source.js';

const QUOTE_COLUMNS = 'session, symbol, previous_close, market_cap_usd, is_first_day';

/**
 * Stores what the source said of a session beside the bars: its own previous close, the market cap, the mark of a first trading day; null where it
 * said nothing, whatever `symbols` still has.
 *
 * `symbols` only has the newest of it, and the session could not be computed again. The first import of a session goes straight into the table, a later
 * one writes only what differs; a market cap that it brings overrules one that a host wrote meanwhile.
 * @returns whether anything was written
 */
export async function writeQuotes(
  client: PoolClient,
  session: SessionDate,
  listings: readonly Listing[],
): Promise<boolean> {
  const { rows } = await client.query('select 1 from pipeline.source_quote where session = $1 limit 1', [session]);
  if (rows.length === 0) {
    return (await copyIn(client, `pipeline.source_quote (${QUOTE_COLUMNS})`, mapQuotes(session, listings))) > 0;
  }
  return mergeQuotes(client, session, listings);
}

async function mergeQuotes(client: PoolClient, session: SessionDate, listings: readonly Listing[]): Promise<boolean> {
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
     set previous_close = excluded.previous_close, market_cap_usd = excluded.market_cap_usd,
         is_first_day = excluded.is_first_day,
         host_market_cap_usd = case when excluded.market_cap_usd is null then q.host_market_cap_usd end
     where (q.previous_close, q.market_cap_usd, q.is_first_day) is distinct from
           (excluded.previous_close, excluded.market_cap_usd, excluded.is_first_day)`,
  );
  return (gone.rowCount ?? 0) + (merged.rowCount ?? 0) > 0;
}

function* mapQuotes(session: SessionDate, listings: readonly Listing[]): Generator<CopyValue[]> {
  for (const { symbol, quote } of listings) {
    yield [session, symbol.symbol, quote?.previousClose ?? null, symbol.marketCapUsd, quote?.isFirstDay ?? false];
  }
}
