import { PipelineError } from '../../../src/core/errors.js';
import type { CacheLayout } from '../layout.js';
import { keyed } from './keyed.js';

/** Every layout of `cache_entries`, one line each; the file is named after the id. */
export const LAYOUTS: readonly CacheLayout[] = [keyed];

/** @throws EOD_DB_SCHEMA when no layout fits the table's columns */
export function detectLayout(columns: readonly string[]): CacheLayout {
  const found = LAYOUTS.find((layout) => layout.matches(new Set(columns)));
  if (found) return found;
  throw new PipelineError(
    'EOD_DB_SCHEMA',
    `cache_entries has columns of no known layout: ${columns.join(', ') || 'none, the table is absent'}`,
    { hint: `known layouts: ${LAYOUTS.map((layout) => layout.id).join(', ')}` },
  );
}
