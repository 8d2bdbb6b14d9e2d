import type { PoolClient } from 'pg';
import { HAVE_SYMBOLS_CHANGED, MARK_OWN_WRITES, WRITE_HORIZON } from './fact-horizon.sql.js';

/** Whether rows of `symbols` were written, added or deleted since facts were last recorded. */
export async function hasChangedSymbols(client: PoolClient): Promise<boolean> {
  return (await HAVE_SYMBOLS_CHANGED.first(client, {}))?.changed ?? true;
}

/** Marks every row of `symbols` visible to this transaction as recorded. */
export async function writeHorizon(client: PoolClient): Promise<void> {
  await WRITE_HORIZON.write(client, {});
}

/**
 * Marks what this transaction writes to `symbols` as written by this product: published market caps and delistings are not facts stated by
 * a host.
 *
 * Edges: a row that a host writes later is compared as a whole, including the product's own values in it.
 */
export async function markOwnWrites(client: PoolClient): Promise<void> {
  await MARK_OWN_WRITES.write(client, {});
}
