import { z } from 'zod';
import { defineEvent } from '../event.js';
import {
  count,
  currentSymbol,
  estimatedCompletion,
  flag,
  name,
  names,
  percent,
  runId,
  seconds,
  session,
} from '../payload-fields.js';

const CHANNEL = 'tickstock:processing:status';
const SOURCE = 'daily_processing';

export const dailyProcessingStarted = defineEvent({
  event: 'daily_processing_started',
  channels: [CHANNEL],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'A run has started.',
  payload: z.strictObject({
    run_id: runId,
    session,
    run_date: session.describe('the same as session, for older listeners'),
    total_symbols: count.describe('active symbols at the start of the run'),
    symbols_count: count.describe('the same as total_symbols'),
    phases: names.describe('phases of the run, in order'),
    trigger_type: z.enum(['automatic', 'manual']).describe('automatic: by the schedule; manual: all other runs'),
  }),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    session: '2026-06-30',
    run_date: '2026-06-30',
    total_symbols: 7148,
    symbols_count: 7148,
    phases: ['data_import', 'cache_sync', 'indicator_processing'],
    trigger_type: 'automatic',
  },
});

export const dailyProcessingProgress = defineEvent({
  event: 'daily_processing_progress',
  channels: [CHANNEL],
  source: SOURCE,
  delivery: 'live',
  meaning: 'Progress of the run.',
  payload: z.strictObject({
    run_id: runId,
    phase: name.describe('current phase'),
    progress: percent.describe('of the whole run, 0 to 100; never decreases'),
    percent_complete: percent.describe('the same as progress'),
    symbols_completed: count.describe('of the whole run; never decreases'),
    symbols_total: count,
    current_symbol: currentSymbol,
    estimated_completion: estimatedCompletion,
  }),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    phase: 'cache_sync',
    progress: 41.5,
    percent_complete: 41.5,
    symbols_completed: 2966,
    symbols_total: 7148,
    current_symbol: 'top_500',
    estimated_completion: '2026-06-30T20:10:09.120Z',
  },
});

const end = {
  run_id: runId,
  status: z.enum(['success', 'failed', 'cancelled']),
  success: flag.describe('true with status success only'),
  duration_seconds: seconds,
  symbols_processed: count,
  symbols_failed: count,
  indicators_calculated: count.describe('indicator values written'),
};

const endExample = {
  run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
  status: 'success' as const,
  success: true,
  duration_seconds: 4.31,
  symbols_processed: 7148,
  symbols_failed: 0,
  indicators_calculated: 98214,
};

export const eodCompleted = defineEvent({
  event: 'eod_completed',
  channels: ['tickstock:eod:completion'],
  key: 'tickstock:eod:latest_status',
  source: SOURCE,
  delivery: 'stored',
  meaning: 'An evening, a run of all phases, has ended, successfully or not; the newest one is also kept under a key.',
  payload: z.strictObject({
    ...end,
    session,
    held: flag.describe('whether a gate holds the session or some of its universes'),
  }),
  example: { ...endExample, session: '2026-06-30', held: false },
});

export const dailyProcessingCompleted = defineEvent({
  event: 'daily_processing_completed',
  channels: [CHANNEL],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'A run has ended, successfully or not: every started run sends exactly one.',
  payload: z.strictObject(end),
  example: endExample,
});
