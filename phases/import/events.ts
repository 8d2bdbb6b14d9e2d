import type { PhaseEvents, PhaseOutcome } from '../../src/core/phase.js';
import { dataImportCompleted, dataImportStarted, importProgress } from '../../src/events/catalogue/index.js';
import { draftEvent } from '../../src/events/event.js';
import { toCompleted, toPercent, toSeconds } from '../../src/events/measures.js';

/** How the consumer follows an import: one session of every listed symbol. How many there are is known only when it has ended. */
export const IMPORT_EVENTS: PhaseEvents = {
  job: 'data_import',
  started: (run) => [
    draftEvent(dataImportStarted, {
      run_id: run.runId,
      universe_names: ['all'],
      total_symbols: run.symbols,
      timeframes: ['daily'],
      lookback_days: 1,
    }),
  ],
  progress: (run, { fraction, current, etaMs }) => [
    draftEvent(importProgress, {
      run_id: run.runId,
      completed_symbols: toCompleted(fraction, run.symbols),
      total_symbols: run.symbols,
      percent_complete: toPercent(fraction),
      current_symbol: current,
      eta_seconds: toSeconds(etaMs),
    }),
  ],
  ended: (run, outcome) => {
    const { imported, refused, bars } = toCounts(outcome);
    return [
      draftEvent(dataImportCompleted, {
        run_id: run.runId,
        success_count: imported,
        failure_count: refused,
        successful_symbols: imported,
        failed_symbols: refused,
        total_symbols: outcome.report ? imported + refused : run.symbols,
        total_records_imported: bars,
        success_rate: toSuccessRate(outcome, imported, refused),
        duration_seconds: toSeconds(outcome.durationMs),
      }),
    ];
  },
};

/** An import is all or nothing: one that failed has brought in no symbol. */
function toCounts({ report }: PhaseOutcome): { imported: number; refused: number; bars: number } {
  const { symbols = 0, rejected = 0, bars = 0 } = report?.counters ?? {};
  return { imported: symbols, refused: rejected, bars };
}

/** Nothing refused is a full success, also of an empty market. */
function toSuccessRate({ report }: PhaseOutcome, imported: number, refused: number): number {
  if (report === undefined) return 0;
  return refused === 0 ? 100 : toPercent(imported / (imported + refused));
}
