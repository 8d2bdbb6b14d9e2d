import { sql, type SelectQueryBuilder } from 'kysely';
import type { PoolClient } from 'pg';
import { PipelineError } from '../../src/core/errors.js';
import { SAMPLE_LOCALE } from '../../src/db/has-sample-market.js';
import { kyselyOn } from '../../src/db/kysely-on.js';
import { readTableColumns } from '../../src/db/table-columns.js';
import type { Tables } from '../../src/db/tables.js';

/** Marks the symbols of the sample market, so that generated and real data are never mixed. */

/** Types of `cache_entries` rows that cache sync publishes. */
const PUBLISHED_TYPES = ['stock_universe', 'etf_universe', 'stock_etf_combo', 'stock_stats', 'themes'];

/**
 * Refuses to mix generated and real prices: one among the other could cost money.
 *
 * Edges: a database without symbols accepts real data. It accepts the sample market only without bars and published universes: those belong
 *        to a host, and the sample market would be added to them or overwrite them.
 * @throws EOD_SOURCE_MISMATCH when the database contains the other kind
 */
export async function assertUnmixed(client: PoolClient, sourceId: string): Promise<void> {
  const isSample = sourceId === 'sample';
  const isOther = isSample
    ? sql<boolean>`locale is distinct from ${SAMPLE_LOCALE}`
    : sql<boolean>`locale = ${SAMPLE_LOCALE}`;
  const isMixed = await exists(kyselyOn(client).selectFrom('public.symbols').select('symbol').where(isOther));
  if (isSample) {
    const foreign = isMixed ? 'real symbols' : await findForeignContent(client);
    if (foreign === undefined) return;
    throw new PipelineError(
      'EOD_SOURCE_MISMATCH',
      `this database contains ${foreign}; the sample market would be mixed with them`,
      {
        hint: 'add --source screener --dir PATH or --source existing, or use another database (--data-dir PATH or DATABASE_URL)',
      },
    );
  }
  if (!isMixed) return;
  throw new PipelineError(
    'EOD_SOURCE_MISMATCH',
    `this database contains the sample market; data of source "${sourceId}" would be mixed with it`,
    { hint: 'use another database (--data-dir PATH or DATABASE_URL), or continue with --source sample' },
  );
}

/** What a database without sample symbols contains that the sample market cannot have written. */
async function findForeignContent(client: PoolClient): Promise<string | undefined> {
  const db = kyselyOn(client);
  if (await exists(db.selectFrom('public.symbols').select('symbol').where('locale', '=', SAMPLE_LOCALE)))
    return undefined;
  if (await exists(db.selectFrom('public.ohlcv_daily').select('symbol'))) return 'bars of other symbols';
  // Other layouts of cache_entries have no types: any of their rows may be a published universe.
  const columns = await readTableColumns(client, 'public.cache_entries');
  const isTyped = columns.some(({ name }) => name === 'type');
  const isPublished = isTyped
    ? await exists(db.selectFrom('public.cache_entries').select('type').where('type', 'in', PUBLISHED_TYPES))
    : await exists(db.selectFrom('public.cache_entries').select(sql<number>`1`.as('one')));
  return isPublished ? 'published universes' : undefined;
}

async function exists<Row>(query: SelectQueryBuilder<Tables, keyof Tables, Row>): Promise<boolean> {
  return (await query.limit(1).execute()).length > 0;
}
