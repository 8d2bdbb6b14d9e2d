import type { PoolClient } from 'pg';
import { PipelineError } from '../../src/core/errors.js';

/** Marks the sample market's symbols, so that neither kind of data is ever mixed with the other. */
export const SAMPLE_LOCALE = 'sample';

/** Types of `cache_entries` rows that cache sync publishes. */
const PUBLISHED_TYPES = ['stock_universe', 'etf_universe', 'stock_etf_combo', 'stock_stats', 'themes'];

/**
 * Keeps invented prices and real ones apart: one among the other could cost money.
 *
 * Edges: a database without symbols takes real data. It takes the sample market only without bars and published universes too: those
 *        are somebody's, and the sample market would be added to them or written over them.
 * @throws EOD_SOURCE_MISMATCH when the database holds the other kind
 */
export async function assertUnmixed(client: PoolClient, sourceId: string): Promise<void> {
  const isSample = sourceId === 'sample';
  const { rows } = await client.query(`select 1 from symbols where (locale is not distinct from $1) <> $2 limit 1`, [
    SAMPLE_LOCALE,
    isSample,
  ]);
  if (isSample) {
    const foreign = rows.length > 0 ? 'real symbols' : await findForeignContent(client);
    if (foreign === undefined) return;
    throw new PipelineError(
      'EOD_SOURCE_MISMATCH',
      `this database holds ${foreign}; the sample market would mix with them`,
      {
        hint: 'add --source screener --dir PATH or --source existing, or use another database (--data-dir PATH or DATABASE_URL)',
      },
    );
  }
  if (rows.length === 0) return;
  throw new PipelineError(
    'EOD_SOURCE_MISMATCH',
    `this database holds the sample market; what source "${sourceId}" brings would mix with it`,
    { hint: 'use another database (--data-dir PATH or DATABASE_URL), or go on with --source sample' },
  );
}

/** What a database without sample symbols holds that the sample market cannot have written. */
async function findForeignContent(client: PoolClient): Promise<string | undefined> {
  const has = async (rows: string, values: readonly unknown[] = []): Promise<boolean> => {
    const result = await client.query<{ found: boolean }>(`select exists (select ${rows}) as found`, [...values]);
    return result.rows[0]?.found === true;
  };
  if (await has('from symbols where locale = $1', [SAMPLE_LOCALE])) return undefined;
  if (await has('from ohlcv_daily')) return 'bars of other symbols';
  // Other layouts of cache_entries have no types: whatever they hold may be published universes.
  const isTyped = await has(`from pg_attribute where attrelid = 'public.cache_entries'::regclass and attname = 'type'`);
  const isPublished = isTyped
    ? await has('from cache_entries where type = any ($1)', [PUBLISHED_TYPES])
    : await has('from cache_entries');
  return isPublished ? 'published universes' : undefined;
}
