import { PipelineError } from '../../../../src/core/errors.js';
import { listColumns, type CacheLayout } from '../layout.js';
import { keyed } from './keyed.js';
import { symbols } from './symbols.js';
import { universe } from './universe.js';

/** Every layout of `cache_entries`, one line each; the file is named after the id. */
export const LAYOUTS: readonly CacheLayout[] = [keyed, universe, symbols];

/** @throws EOD_DB_SCHEMA when no layout fits the table's columns */
export function detectLayout(columns: readonly string[], layouts: readonly CacheLayout[] = LAYOUTS): CacheLayout {
  const missing = layouts.map((layout) => ({
    layout,
    columns: listColumns(layout).filter((column) => !columns.includes(column)),
  }));
  const found = missing.find((candidate) => candidate.columns.length === 0);
  if (found) return found.layout;
  const known = missing.map(
    ({ layout, columns: absent }) =>
      `${layout.id} (${listColumns(layout).join(', ')}; missing here: ${absent.length === listColumns(layout).length ? 'all' : absent.join(', ')})`,
  );
  throw new PipelineError(
    'EOD_DB_SCHEMA',
    `the columns of cache_entries match no known layout: ${columns.join(', ') || 'none, the table is absent'}`,
    {
      hint: `known layouts: ${known.join('; ')}. Add the missing columns, or rename the table and run again: it is then created as ${keyed.id}`,
      context: { columns },
    },
  );
}
