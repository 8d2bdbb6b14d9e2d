import type { PhaseEvents, PhaseOutcome } from '../../src/core/phase.js';
import {
  indicatorProcessingCompleted,
  indicatorProcessingStarted,
  indicatorProgress,
} from '../../src/events/catalogue/index.js';
import { draftEvent } from '../../src/events/event.js';
import { toSeconds } from '../../src/core/measures.js';
import { toSuccessRate, toSymbolProgress } from '../../src/events/symbol-progress.js';

/**
 * Events of the indicators for the consumer.
 * @param formulas number of indicators
 */
export function createIndicatorEvents(formulas: number): PhaseEvents {
  return {
    job: 'indicator_processing',
    started: (run) => [
      draftEvent(indicatorProcessingStarted, {
        run_id: run.runId,
        total_symbols: run.symbols,
        total_indicators: formulas,
        timeframes: ['daily'],
      }),
    ],
    progress: (run, position) => [draftEvent(indicatorProgress, toSymbolProgress(run, position))],
    ended: (run, outcome) => {
      const { symbols, successful, failed, indicators } = toCounts(outcome, run.symbols);
      // A failed symbol fails for every formula; one with too few bars has not failed, and has no indicators to count.
      const failedIndicators = failed * formulas;
      return [
        draftEvent(indicatorProcessingCompleted, {
          run_id: run.runId,
          total_symbols: symbols,
          successful_symbols: successful,
          failed_symbols: failed,
          total_indicators: indicators + failedIndicators,
          successful_indicators: indicators,
          failed_indicators: failedIndicators,
          success_rate: toSuccessRate(outcome, successful, failed),
          duration_seconds: toSeconds(outcome.durationMs),
        }),
      ];
    },
  };
}

/** The phase is all or nothing: one that did not complete has written no indicators. */
function toCounts({ report }: PhaseOutcome, expected: number) {
  if (report === undefined) return { symbols: expected, successful: 0, failed: 0, indicators: 0 };
  const { symbols = 0, successful = 0, failed = 0, indicators = 0 } = report.counters;
  return { symbols, successful, failed, indicators };
}
