import { z } from 'zod';
import { defineEvent } from '../event.js';
import { count, names, percent, runId, seconds } from '../payload-fields.js';
import { symbolProgress } from '../symbol-progress.js';

const SOURCE = 'daily_indicator_job';

export const indicatorProcessingStarted = defineEvent({
  event: 'indicator_processing_started',
  channels: ['tickstock:indicators:started'],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'The calculation of indicators has started.',
  payload: z.strictObject({
    run_id: runId,
    total_symbols: count,
    total_indicators: count.describe('kinds of indicator'),
    timeframes: names,
  }),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    total_symbols: 7148,
    total_indicators: 14,
    timeframes: ['daily'],
  },
});

export const indicatorProgress = defineEvent({
  event: 'indicator_progress',
  channels: ['tickstock:indicators:progress'],
  source: SOURCE,
  delivery: 'live',
  meaning: 'Progress of the calculation of indicators.',
  payload: symbolProgress,
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    completed_symbols: 3200,
    total_symbols: 7148,
    percent_complete: 44.8,
    current_symbol: 'MSFT',
    eta_seconds: 1.1,
  },
});

export const indicatorProcessingCompleted = defineEvent({
  event: 'indicator_processing_completed',
  channels: ['tickstock:indicators:completed'],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'The calculation of indicators has ended.',
  payload: z.strictObject({
    run_id: runId,
    total_symbols: count,
    successful_symbols: count,
    failed_symbols: count,
    total_indicators: count.describe('indicator values'),
    successful_indicators: count,
    failed_indicators: count,
    success_rate: percent,
    duration_seconds: seconds,
  }),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    total_symbols: 7148,
    successful_symbols: 7148,
    failed_symbols: 0,
    total_indicators: 98214,
    successful_indicators: 98214,
    failed_indicators: 0,
    success_rate: 100,
    duration_seconds: 2.13,
  },
});
