import { expect } from 'chai';
import { readdirSync } from 'node:fs';
import { draftEvent } from '../../src/events/event.js';
import { EVENTS, jobProgressUpdate, processingError, universeUpdated } from '../../src/events/catalogue/index.js';
import { listSourceFiles, readCode } from '../support/imports.js';

/** What TickStockAppV2 listens to: channel, event, source, and every field of the payload. */
const CONTRACT: readonly (readonly [channels: string, event: string, source: string, fields: string])[] = [
  [
    'tickstock:processing:status',
    'daily_processing_started',
    'daily_processing',
    'run_id session run_date total_symbols symbols_count phases trigger_type',
  ],
  [
    'tickstock:processing:status',
    'daily_processing_progress',
    'daily_processing',
    'run_id phase progress percent_complete symbols_completed symbols_total current_symbol estimated_completion',
  ],
  [
    'tickstock:processing:status',
    'daily_processing_completed',
    'daily_processing',
    'run_id status success duration_seconds symbols_processed symbols_failed indicators_calculated',
  ],
  [
    'tickstock:eod:completion',
    'eod_completed',
    'daily_processing',
    'run_id status success duration_seconds symbols_processed symbols_failed indicators_calculated session held',
  ],
  [
    'tickstock:processing:schedule',
    'schedule_updated',
    'daily_processing_scheduler',
    'enabled trigger_time timezone market_check next_run',
  ],
  [
    'tickstock:import:started tickstock:data:import:status',
    'data_import_started',
    'daily_import_job',
    'run_id universe_names total_symbols timeframes lookback_days',
  ],
  [
    'tickstock:import:progress',
    'import_progress',
    'daily_import_job',
    'run_id completed_symbols total_symbols percent_complete current_symbol eta_seconds',
  ],
  [
    'tickstock:import:completed tickstock:data:import:status',
    'data_import_completed',
    'daily_import_job',
    'run_id success_count failure_count successful_symbols failed_symbols total_symbols total_records_imported success_rate duration_seconds',
  ],
  [
    'tickstock:cache:started',
    'cache_sync_started',
    'daily_cache_sync_job',
    'run_id mode current_task completed total_items percent_complete',
  ],
  [
    'tickstock:cache:progress',
    'cache_sync_progress',
    'daily_cache_sync_job',
    'run_id mode current_task completed total_items percent_complete',
  ],
  [
    'tickstock:cache:completed',
    'cache_sync_phase_completed',
    'daily_cache_sync_job',
    'run_id mode current_task completed total_items percent_complete status total_changes duration_seconds',
  ],
  ['tickstock:cache:sync_triggered', 'cache_sync_triggered', 'cache_sync_api', 'job_id mode force triggered_by'],
  [
    'tickstock:cache:sync_complete',
    'cache_sync_completed',
    'daily_cache_sync_job',
    'job_id status mode total_changes universes_updated duration_seconds task_results changes_summary',
  ],
  [
    'tickstock:universe:updated',
    'universe_updated',
    'daily_cache_sync_job',
    'universe action reason added removed count session metadata',
  ],
  [
    'tickstock:cache:ipo_assignment',
    'ipo_assigned',
    'daily_cache_sync_job',
    'symbol universe sector market_cap list_date',
  ],
  // Beyond the contract, on a channel of its own.
  ['tickstock:cache:security_renamed', 'security_renamed', 'daily_cache_sync_job', 'from to name session'],
  [
    'tickstock:cache:hold_opened',
    'hold_opened',
    'daily_cache_sync_job',
    'hold_id session universe gate message measured threshold added_count removed_count',
  ],
  [
    'tickstock:processing:schedule',
    'session_verdict',
    'daily_processing_scheduler',
    'session verdict late reason due_at',
  ],
  ['tickstock:data:bars_restated', 'bars_restated', 'daily_import_job', 'symbol session kind ratio adjusted change'],
  ['tickstock:cache:delisting_cleanup', 'delisting_cleanup', 'daily_cache_sync_job', 'removed_count symbols universes'],
  [
    'tickstock:indicators:started',
    'indicator_processing_started',
    'daily_indicator_job',
    'run_id total_symbols total_indicators timeframes',
  ],
  [
    'tickstock:indicators:progress',
    'indicator_progress',
    'daily_indicator_job',
    'run_id completed_symbols total_symbols percent_complete current_symbol eta_seconds',
  ],
  [
    'tickstock:indicators:completed',
    'indicator_processing_completed',
    'daily_indicator_job',
    'run_id total_symbols successful_symbols failed_symbols total_indicators successful_indicators failed_indicators success_rate duration_seconds',
  ],
  [
    'tickstock:monitoring',
    'job_progress_update',
    'daily_processing_progress_tracker',
    'run_id phase total_symbols completed failed processed remaining percentage phase_percentage current_symbol estimated_completion avg_processing_time_ms',
  ],
  [
    'tickstock:errors',
    'processing_error',
    'daily_processing',
    'severity component error_code message error_message context recovery_action',
  ],
];

describe('the catalogue of events', () => {
  it('has every event that the consumer listens to, on its channels, and no other', () => {
    const listed = EVENTS.map(({ event, channels, source }) => [channels.join(' '), event, source]);

    expect(listed).to.have.deep.members(CONTRACT.map(([channels, event, source]) => [channels, event, source]));
  });

  for (const [, event, , fields] of CONTRACT) {
    it(`gives ${event} the fields of the contract, and an example that has them all`, () => {
      const definition = EVENTS.find((each) => each.event === event);

      expect(Object.keys(definition?.payload.shape ?? {})).to.have.members(fields.split(' '));
      expect(definition?.payload.safeParse(definition.example).error?.issues).to.equal(undefined);
    });
  }

  it('refuses a field that is not in the contract', () => {
    const payload = { ...universeUpdated.example, note: 'new' };

    expect(universeUpdated.payload.safeParse(payload).success).to.equal(false);
  });

  it('lets no number of the progress page be null, missing or not a number', () => {
    const numbers = [
      'total_symbols',
      'completed',
      'failed',
      'processed',
      'remaining',
      'percentage',
      'avg_processing_time_ms',
    ];

    for (const field of numbers) {
      for (const value of [null, undefined, NaN, Infinity, '1']) {
        const payload = { ...jobProgressUpdate.example, [field]: value };
        expect(jobProgressUpdate.payload.safeParse(payload).success, `${field}: ${value}`).to.equal(false);
      }
    }
  });

  it('knows when a run will end as an instant in UTC, or not at all', () => {
    const accepts = (value: unknown): boolean =>
      jobProgressUpdate.payload.safeParse({ ...jobProgressUpdate.example, estimated_completion: value }).success;

    expect([null, '2026-06-30T20:10:09.120Z'].map(accepts)).to.deep.equal([true, true]);
    expect(['2026-06-30T16:10:09-04:00', '2026-06-30', '', 0, undefined].map(accepts)).to.deep.equal([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it('refuses a component whose errors the consumer would drop', () => {
    const accepts = (component: string): boolean =>
      processingError.payload.safeParse({ ...processingError.example, component }).success;

    expect(['daily_processing', 'data_import', 'scheduler'].map(accepts)).to.deep.equal([true, true, true]);
    expect(accepts('cache')).to.equal(false);
  });

  it('lists a file for every group of events, and nothing else', () => {
    const folder = new URL('../../src/events/catalogue/', import.meta.url);
    const index = readCode('src/events/catalogue/index.ts');

    const groups = readdirSync(folder).filter((name) => name !== 'index.ts');

    expect(groups.filter((name) => !index.includes(`./${name.replace(/\.ts$/, '.js')}`))).to.deep.equal([]);
  });

  it('is the only place that spells a channel', () => {
    // The examples of the HTTP API are recorded answers, events among them.
    const isApart = (file: string): boolean =>
      file.startsWith('src/events/') || file === 'src/http/openapi/examples.ts';
    const files = listSourceFiles('src', 'phases').filter((file) => !isApart(file));

    expect(files.filter((file) => /['"`]tickstock:/.test(readCode(file)))).to.deep.equal([]);
  });

  it('makes a draft that goes where the event does', () => {
    const draft = draftEvent(universeUpdated, universeUpdated.example);

    expect(draft).to.deep.equal({
      event: 'universe_updated',
      channels: ['tickstock:universe:updated'],
      source: 'daily_cache_sync_job',
      payload: universeUpdated.example,
    });
  });
});
