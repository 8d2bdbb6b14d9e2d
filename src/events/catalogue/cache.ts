import { z } from 'zod';
import { RUN_MODES } from '../../core/run-mode.js';
import { defineEvent } from '../event.js';
import { count, flag, name, names, percent, runId, seconds, session, text } from '../payload-fields.js';

const SOURCE = 'daily_cache_sync_job';

export const CACHE_TASKS = [
  'market_cap_recalculation',
  'ipo_universe_assignment',
  'delisted_cleanup',
  'theme_rebalancing',
  'etf_universe_maintenance',
] as const;

export const CHANGE_TYPES = [
  'market_cap_update',
  'ipo_assignment',
  'delisting_cleanup',
  'theme_rebalance',
  'etf_maintenance',
] as const;

const mode = z.enum(RUN_MODES).describe('full, or the part that was recomputed');
const status = z
  .enum(['completed', 'completed_with_holds', 'failed'])
  .describe(
    'completed_with_holds: a gate holds the session or some of its universes; also failed when it was cancelled',
  );
const countsByName = z.record(name, count);

const position = {
  run_id: runId,
  mode,
  current_task: text.describe('current task; empty before the first and after the last'),
  completed: count.describe('of total_items'),
  total_items: count,
  percent_complete: percent,
};

const changesSummary = z
  .strictObject({
    total_changes: count,
    by_type: z.partialRecord(z.enum(CHANGE_TYPES), count),
    by_action: countsByName.describe('added, removed'),
    by_universe: countsByName,
    most_active_universe: z.tuple([text, count]).describe("name and changes; ['', 0] when nothing changed"),
  })
  .describe('memberships that began or ended');

export const cacheSyncStarted = defineEvent({
  event: 'cache_sync_started',
  channels: ['tickstock:cache:started'],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'Cache synchronisation has started.',
  payload: z.strictObject(position),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    mode: 'full',
    current_task: '',
    completed: 0,
    total_items: 5,
    percent_complete: 0,
  },
});

export const cacheSyncProgress = defineEvent({
  event: 'cache_sync_progress',
  channels: ['tickstock:cache:progress'],
  source: SOURCE,
  delivery: 'live',
  meaning: 'Progress of cache synchronisation.',
  payload: z.strictObject(position),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    mode: 'full',
    current_task: 'Selecting universes',
    completed: 3,
    total_items: 5,
    percent_complete: 60,
  },
});

export const cacheSyncPhaseCompleted = defineEvent({
  event: 'cache_sync_phase_completed',
  channels: ['tickstock:cache:completed'],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'Cache synchronisation has ended, for subscribers of its progress.',
  payload: z.strictObject({
    ...position,
    status,
    total_changes: count.describe('memberships that began or ended'),
    duration_seconds: seconds,
  }),
  example: {
    run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    mode: 'full',
    current_task: '',
    completed: 5,
    total_items: 5,
    percent_complete: 100,
    status: 'completed',
    total_changes: 188,
    duration_seconds: 0.42,
  },
});

export const cacheSyncTriggered = defineEvent({
  event: 'cache_sync_triggered',
  channels: ['tickstock:cache:sync_triggered'],
  source: 'cache_sync_api',
  delivery: 'stored',
  meaning: 'A cache synchronisation was requested.',
  payload: z.strictObject({
    job_id: runId.describe('id of the run that was started'),
    mode,
    force: flag.describe('whether the gates, which hold bad data back, are skipped'),
    triggered_by: name,
  }),
  example: {
    job_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    mode: 'full',
    force: false,
    triggered_by: 'key 1',
  },
});

export const cacheSyncCompleted = defineEvent({
  event: 'cache_sync_completed',
  channels: ['tickstock:cache:sync_complete'],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'Cache synchronisation has ended: its changes by task and by universe.',
  payload: z.strictObject({
    job_id: runId.describe('id of the run'),
    status,
    mode,
    total_changes: count.describe('memberships that began or ended'),
    universes_updated: names,
    duration_seconds: seconds,
    task_results: z.partialRecord(z.enum(CACHE_TASKS), z.strictObject({ status: name, changes: count })),
    changes_summary: changesSummary,
  }),
  example: {
    job_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11',
    status: 'completed',
    mode: 'full',
    total_changes: 4,
    universes_updated: ['recent_ipos', 'top_500'],
    duration_seconds: 0.42,
    task_results: {
      market_cap_recalculation: { status: 'completed', changes: 2 },
      ipo_universe_assignment: { status: 'completed', changes: 1 },
      delisted_cleanup: { status: 'completed', changes: 1 },
      theme_rebalancing: { status: 'completed', changes: 0 },
      etf_universe_maintenance: { status: 'completed', changes: 0 },
    },
    changes_summary: {
      total_changes: 4,
      by_type: { market_cap_update: 2, ipo_assignment: 1, delisting_cleanup: 1 },
      by_action: { added: 2, removed: 2 },
      by_universe: { top_500: 3, recent_ipos: 1 },
      most_active_universe: ['top_500', 3],
    },
  },
});

/** At most this many tickers are listed in `universe_updated`, of additions and of removals; the counts include all. */
export const LISTED_TICKERS = 100;

const tickers = z.array(name).max(LISTED_TICKERS).describe(`symbols, at most ${LISTED_TICKERS} of them listed`);

export const universeUpdated = defineEvent({
  event: 'universe_updated',
  channels: ['tickstock:universe:updated'],
  source: SOURCE,
  delivery: 'stored',
  meaning: "A universe's members changed.",
  payload: z.strictObject({
    universe: name,
    action: z.enum(['updated', 'created', 'removed']),
    reason: text,
    added: tickers,
    removed: tickers,
    count: count.describe('members now'),
    session,
    metadata: z.strictObject({
      added_count: count,
      removed_count: count,
      type: name,
      name,
      key: name,
      renamed: z
        .array(z.strictObject({ from: name, to: name }))
        .optional()
        .describe('members with another ticker: `from` is in removed and `to` in added; absent when there are none'),
    }),
  }),
  example: {
    universe: 'top_500',
    action: 'updated',
    reason: 'daily synchronisation',
    added: ['CRWV'],
    removed: ['BBWI', 'MOS'],
    count: 500,
    session: '2026-06-30',
    metadata: { added_count: 1, removed_count: 2, type: 'UNIVERSE', name: 'Top 500', key: 'top_500' },
  },
});

export const ipoAssigned = defineEvent({
  event: 'ipo_assigned',
  channels: ['tickstock:cache:ipo_assignment'],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'A newly listed stock was added to a universe.',
  payload: z.strictObject({
    symbol: name,
    universe: name,
    sector: text.describe('empty when unknown'),
    market_cap: z.number().nonnegative().describe('USD; 0 when unknown'),
    list_date: session.describe('first day of trading, YYYY-MM-DD'),
  }),
  example: {
    symbol: 'CRWV',
    universe: 'recent_ipos',
    sector: 'Technology',
    market_cap: 61_238_000_000,
    list_date: '2026-06-12',
  },
});

export const delistingCleanup = defineEvent({
  event: 'delisting_cleanup',
  channels: ['tickstock:cache:delisting_cleanup'],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'Stocks that are no longer traded were removed from their universes.',
  payload: z.strictObject({
    removed_count: count.describe('stocks'),
    symbols: names,
    universes: names.describe('that they were removed from'),
  }),
  example: { removed_count: 1, symbols: ['SKX'], universes: ['consumer_leaders', 'mid_cap'] },
});

export const holdOpened = defineEvent({
  event: 'hold_opened',
  channels: ['tickstock:cache:hold_opened'],
  source: SOURCE,
  delivery: 'stored',
  meaning: 'A gate holds a universe, or the whole session: it keeps its members until the hold is decided.',
  isBeyondContract: true,
  payload: z.strictObject({
    hold_id: count.describe('as in GET /api/holds/{id}'),
    session,
    universe: name.nullable().describe('as in universe_updated; null: the whole session is held'),
    gate: name,
    message: name.describe('why, in one sentence'),
    measured: z.number().nullable().describe('what the gate measured; null for a gate without a figure'),
    threshold: z.number().nullable(),
    added_count: count.describe('memberships that an approval would begin'),
    removed_count: count.describe('memberships that an approval would end'),
  }),
  example: {
    hold_id: 12,
    session: '2026-06-30',
    universe: 'top_500',
    gate: 'turnover',
    message: '61 of 500 members would leave: 12.2 %, over 10 %',
    measured: 0.122,
    threshold: 0.1,
    added_count: 61,
    removed_count: 61,
  },
});
