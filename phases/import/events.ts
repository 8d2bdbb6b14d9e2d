import type { PhaseEvents, PhaseOutcome } from '../../src/core/phase.js';
import { dataImportCompleted, dataImportStarted, importProgress } from '../../src/events/catalogue/index.js';
import { draftEvent } from '../../src/events/event.js';
import { toSeconds } from '../../src/core/measures.js';
import { toSuccessRate, toSymbolProgress } from '../../src/events/symbol-progress.js';

/** Events of an import for the consumer: one session of every listed symbol, whose number is known only at the end. */
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
  progress: (run, position) => [draftEvent(importProgress, toSymbolProgress(run, position))],
  ended: (run, outcome) => {
    const { imported, failed, bars } = toCounts(outcome, run.symbols);
    return [
      draftEvent(dataImportCompleted, {
        run_id: run.runId,
        success_count: imported,
        failure_count: failed,
        successful_symbols: imported,
        failed_symbols: failed,
        total_symbols: imported + failed,
        total_records_imported: bars,
        success_rate: toSuccessRate(outcome, imported, failed),
        duration_seconds: toSeconds(outcome.durationMs),
      }),
    ];
  },
};

/**
 * An import is all or nothing: one that did not complete has failed for every symbol, and for one at least where their number is not known, since
 * the consumer takes 0 of 0 for a success.
 */
function toCounts({ report }: PhaseOutcome, symbols: number): { imported: number; failed: number; bars: number } {
  if (report === undefined) return { imported: 0, failed: Math.max(1, symbols), bars: 0 };
  const { symbols: imported = 0, failed = 0, bars = 0 } = report.counters;
  return { imported, failed, bars };
}
