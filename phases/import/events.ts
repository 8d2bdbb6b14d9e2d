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
    const { imported, failed, bars } = toCounts(outcome);
    return [
      draftEvent(dataImportCompleted, {
        run_id: run.runId,
        success_count: imported,
        failure_count: failed,
        successful_symbols: imported,
        failed_symbols: failed,
        total_symbols: outcome.report ? imported + failed : run.symbols,
        total_records_imported: bars,
        success_rate: toSuccessRate(outcome, imported, failed),
        duration_seconds: toSeconds(outcome.durationMs),
      }),
    ];
  },
};

/** An import is all or nothing: a failed one has imported no symbol. */
function toCounts({ report }: PhaseOutcome): { imported: number; failed: number; bars: number } {
  const { symbols = 0, failed = 0, bars = 0 } = report?.counters ?? {};
  return { imported: symbols, failed, bars };
}
