import { z } from 'zod';
import { defineEvent } from '../event.js';
import { count, currentSymbol, estimatedCompletion, milliseconds, name, percent, runId } from '../payload-fields.js';

export const jobProgressUpdate = defineEvent({
  event: 'job_progress_update',
  channels: ['tickstock:monitoring'],
  // The reader drops the event unless its source contains `processing`, `import` or `indicator`.
  source: 'daily_processing_progress_tracker',
  delivery: 'live',
  meaning: 'Progress of the run and of its phase, for the monitoring page.',
  payload: z.strictObject({
    run_id: runId,
    phase: name.describe('data_import, cache_sync, indicator_processing, or the name of a phase of the host'),
    total_symbols: count,
    completed: count.describe('of the whole run'),
    failed: count,
    processed: count.describe('completed and failed'),
    remaining: count,
    percentage: percent.describe('of the whole run, as progress of daily_processing_progress'),
    phase_percentage: percent.describe('of the phase'),
    current_symbol: currentSymbol,
    estimated_completion: estimatedCompletion,
    avg_processing_time_ms: milliseconds.describe('milliseconds a symbol'),
  }),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    phase: 'indicator_processing',
    total_symbols: 7148,
    completed: 5832,
    failed: 0,
    processed: 5832,
    remaining: 1316,
    percentage: 81.6,
    phase_percentage: 44.8,
    current_symbol: 'MSFT',
    estimated_completion: '2026-06-30T20:10:09.120Z',
    avg_processing_time_ms: 0.29,
  },
});
