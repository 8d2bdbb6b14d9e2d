import type { PoolClient } from 'pg';
import type { SessionDate } from '../../core/session.js';
import type { TickerSpans } from '../identity/ticker-spans.js';
import { READ_FACTORS } from './read-factors.sql.js';

/** Something that changed the price of a share in a session: closes before it count times `factor`. */
export interface ShareChange {
  readonly session: SessionDate;
  /** Null: the price moved like that of a split without a known action. */
  readonly factor: number | null;
  /** Number of the open exception; null for a known action. */
  readonly exception: number | null;
}

/**
 * The changes of every security after a session up to another, by its present ticker; sessions ascending.
 *
 * @param tickers which security a ticker stood for
 */
export async function readShareChanges(
  client: PoolClient,
  { after, until }: { readonly after: SessionDate; readonly until: SessionDate },
  tickers: TickerSpans,
): Promise<ReadonlyMap<string, readonly ShareChange[]>> {
  const changes = new Map<string, ShareChange[]>();
  for (const { symbol, session, factor, exception } of await READ_FACTORS.rows(client, { after, until })) {
    const present = tickers.presentOf(symbol, session);
    if (present === null) continue;
    const own = changes.get(present) ?? [];
    changes.set(present, own);
    own.push({ session, factor, exception: exception === null ? null : Number(exception) });
  }
  return changes;
}
