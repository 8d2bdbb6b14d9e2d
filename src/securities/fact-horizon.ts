import type { PoolClient } from 'pg';
import { HAVE_SYMBOLS_CHANGED, MARK_OWN_WRITES, WRITE_HORIZON } from './fact-horizon.sql.js';

/** Whether rows of `symbols` were written, added or deleted since facts were last recorded. */
export async function hasChangedSymbols(client: PoolClient): Promise<boolean> {
  return (await HAVE_SYMBOLS_CHANGED.first(client, {}))?.changed ?? true;
}

/** Marks everything that this transaction sees of `symbols` as recorded. */
export async function writeHorizon(client: PoolClient): Promise<void> {
  await WRITE_HORIZON.write(client, {});
}

/**
 * Marks what this transaction writes to `symbols` as the product's own: market caps and delistings that it publishes are not facts that a host states.
 *
 * Edges: a row that a host writes later is compared as a whole, with what the product wrote there.
 */
export async function markOwnWrites(client: PoolClient): Promise<void> {
  await MARK_OWN_WRITES.write(client, {});
}
