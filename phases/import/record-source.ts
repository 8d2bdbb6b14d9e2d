import type { PoolClient } from 'pg';
import type { SessionDate } from '../../src/core/session.js';
import { copyIn, type CopyValue } from '../../src/db/copy.js';
import { kyselyOn } from '../../src/db/kysely-on.js';
import { CREATE_QUOTE_STAGE, DELETE_GONE_QUOTES, MERGE_QUOTES, QUOTE_COLUMNS } from './merge-quotes.sql.js';
import type { Listing } from './source.js';

/**
 * Stores what the source states about a session besides the bars: its previous close, the market cap, the mark of a first trading day, the
 * year of listing; null where the source has none, regardless of what `symbols` still has.
 *
 * `symbols` has only the newest values, from which the session could not be recomputed. The first import of a session is copied directly
 * into the table, a later one writes only what differs; its market caps replace those that a host wrote in the meantime.
 * @returns whether anything was written
 */
export async function writeQuotes(
  client: PoolClient,
  session: SessionDate,
  listings: readonly Listing[],
): Promise<boolean> {
  const quotes = await kyselyOn(client)
    .selectFrom('pipeline.source_quote')
    .select('symbol')
    .where('session', '=', session)
    .limit(1)
    .execute();
  if (quotes.length === 0) {
    return (await copyIn(client, `pipeline.source_quote (${QUOTE_COLUMNS})`, mapQuotes(session, listings))) > 0;
  }
  return mergeQuotes(client, session, listings);
}

async function mergeQuotes(client: PoolClient, session: SessionDate, listings: readonly Listing[]): Promise<boolean> {
  await CREATE_QUOTE_STAGE.write(client, {});
  await copyIn(client, `quote_stage (${QUOTE_COLUMNS})`, mapQuotes(session, listings));
  const gone = await DELETE_GONE_QUOTES.write(client, { session });
  const merged = await MERGE_QUOTES.write(client, {});
  return gone + merged > 0;
}

function* mapQuotes(session: SessionDate, listings: readonly Listing[]): Generator<CopyValue[]> {
  for (const { symbol, quote } of listings) {
    const { previousClose = null, isFirstDay = false, listingYear = null } = quote ?? {};
    yield [session, symbol.symbol, previousClose, symbol.marketCapUsd, isFirstDay, listingYear];
  }
}
