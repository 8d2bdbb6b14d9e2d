import type { CloseSeries } from './close-window.js';
import type { Formula } from './formula.js';

/** Values of a symbol by indicator type, without those that need more bars; or the reason why it has none. */
export type Computation =
  | { readonly kind: 'values'; readonly values: ReadonlyMap<string, number> }
  | { readonly kind: 'failure'; readonly reason: string };

/**
 * Applies every formula to one symbol. Never throws: an error of one symbol must not affect the others.
 *
 * Units: rounded to 6 decimals, like stored prices.
 * Edges: a symbol for which a formula fails has no values at all, also not of the other formulas.
 */
export function computeIndicators(series: CloseSeries, formulas: readonly Formula[]): Computation {
  if (series.defect !== null) return { kind: 'failure', reason: series.defect };
  const values = new Map<string, number>();
  for (const formula of formulas) {
    if (series.closes.length < formula.minimumBars) continue;
    try {
      const value = formula.compute(series.closes);
      if (!Number.isFinite(value)) return { kind: 'failure', reason: `${formula.type} is ${value}` };
      values.set(formula.type, Number(value.toFixed(6)));
    } catch (error) {
      return { kind: 'failure', reason: `${formula.type}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
  return { kind: 'values', values };
}
