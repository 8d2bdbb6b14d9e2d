import { z } from 'zod';
import type { PhaseOutcome, PhasePosition, RunFacts } from '../core/phase.js';
import { toCompleted, toPercent, toSeconds } from '../core/measures.js';
import { count, currentSymbol, etaSeconds, percent, runId } from './payload-fields.js';

/** Progress of a phase that works symbol by symbol. */
export const symbolProgress = z.strictObject({
  run_id: runId,
  completed_symbols: count,
  total_symbols: count,
  percent_complete: percent,
  current_symbol: currentSymbol,
  eta_seconds: etaSeconds,
});

export function toSymbolProgress(
  { runId, symbols }: RunFacts,
  { fraction, current, etaMs }: PhasePosition,
): z.output<typeof symbolProgress> {
  return {
    run_id: runId,
    completed_symbols: toCompleted(fraction, symbols),
    total_symbols: symbols,
    percent_complete: toPercent(fraction),
    current_symbol: current,
    eta_seconds: toSeconds(etaMs ?? 0),
  };
}

/**
 * Percentage of symbols that succeeded.
 *
 * Edges: 100 when nothing failed, also without any symbols; 0 for a phase that did not complete, because nothing of it was kept.
 */
export function toSuccessRate({ report }: PhaseOutcome, successful: number, failed: number): number {
  if (report === undefined) return 0;
  return failed === 0 ? 100 : toPercent(successful / (successful + failed));
}
