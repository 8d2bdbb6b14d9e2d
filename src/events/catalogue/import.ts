import { z } from 'zod';
import { defineEvent } from '../event.js';
import { count, names, percent, runId, seconds } from '../payload-fields.js';
import { symbolProgress } from '../symbol-progress.js';

/** For older parts of the consumer; repeats the start and the end of an import. */
const STATUS_CHANNEL = 'tickstock:data:import:status';
const SOURCE = 'daily_import_job';

export const dataImportStarted = defineEvent({
  event: 'data_import_started',
  channels: ['tickstock:import:started', STATUS_CHANNEL],
  source: SOURCE,
  delivery: 'stored',
  meaning: "The import of the session's bars and reference data has begun.",
  payload: z.strictObject({
    run_id: runId,
    universe_names: names,
    total_symbols: count.describe('active symbols before the import; 0 in an empty database'),
    timeframes: names,
    lookback_days: count.describe('sessions brought in'),
  }),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    universe_names: ['all'],
    total_symbols: 7148,
    timeframes: ['daily'],
    lookback_days: 1,
  },
});

export const importProgress = defineEvent({
  event: 'import_progress',
  channels: ['tickstock:import:progress'],
  source: SOURCE,
  delivery: 'live',
  meaning: 'Progress of the import.',
  payload: symbolProgress,
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    completed_symbols: 3574,
    total_symbols: 7148,
    percent_complete: 50,
    current_symbol: 'nasdaq',
    eta_seconds: 0.8,
  },
});

export const dataImportCompleted = defineEvent({
  event: 'data_import_completed',
  channels: ['tickstock:import:completed', STATUS_CHANNEL],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'The import has ended.',
  payload: z.strictObject({
    run_id: runId,
    success_count: count.describe('symbols imported'),
    failure_count: count.describe('symbols whose rows were refused'),
    successful_symbols: count.describe('the same as success_count'),
    failed_symbols: count.describe('the same as failure_count'),
    total_symbols: count,
    total_records_imported: count.describe('bars written'),
    success_rate: percent,
    duration_seconds: seconds,
  }),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    success_count: 7146,
    failure_count: 2,
    successful_symbols: 7146,
    failed_symbols: 2,
    total_symbols: 7148,
    total_records_imported: 7146,
    success_rate: 99.97,
    duration_seconds: 1.72,
  },
});
