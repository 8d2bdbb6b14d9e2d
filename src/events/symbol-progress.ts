import { z } from 'zod';
import type { PhaseOutcome, PhasePosition, RunFacts } from '../core/phase.js';
import { toCompleted, toPercent, toSeconds } from '../core/measures.js';
import { count, currentSymbol, etaSeconds, percent, runId } from './payload-fields.js';

/** How far a phase is that goes from symbol to symbol. */
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
 * How many of the symbols went well, in percent.
 *
 * Edges: nothing failed is a full success, also where there was nothing to do; of a phase that did not complete nothing was kept.
 */
export function toSuccessRate({ report }: PhaseOutcome, successful: number, failed: number): number {
  if (report === undefined) return 0;
  return failed === 0 ? 100 : toPercent(successful / (successful + failed));
}
