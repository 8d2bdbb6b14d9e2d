import type { PoolClient } from 'pg';
import { PipelineError } from '../../src/core/errors.js';

/** Marks the sample market's symbols, so that neither kind of data is ever mixed with the other. */
export const SAMPLE_LOCALE = 'sample';

/**
 * Keeps invented prices and real ones apart: one among the other could cost money.
 *
 * Edges: a database without symbols takes either kind.
 * @throws EOD_SOURCE_MISMATCH when the database holds the other kind
 */
export async function assertUnmixed(client: PoolClient, sourceId: string): Promise<void> {
  const isSample = sourceId === 'sample';
  const { rows } = await client.query(`select 1 from symbols where (locale is not distinct from $1) <> $2 limit 1`, [
    SAMPLE_LOCALE,
    isSample,
  ]);
  if (rows.length === 0) return;
  if (isSample) {
    throw new PipelineError(
      'EOD_SOURCE_MISMATCH',
      'this database holds real symbols; the sample market would mix with them',
      {
        hint: 'add --source screener --dir PATH or --source existing, or use another database (--data-dir PATH or DATABASE_URL)',
      },
    );
  }
  throw new PipelineError(
    'EOD_SOURCE_MISMATCH',
    `this database holds the sample market; what source "${sourceId}" brings would mix with it`,
    { hint: 'use another database (--data-dir PATH or DATABASE_URL), or go on with --source sample' },
  );
}
