import type { CloseSeries } from './close-window.js';
import type { Formula } from './formula.js';

/** A symbol's values by indicator type, without those it has too few bars for; or why it has none at all. */
export type Computation =
  | { readonly kind: 'values'; readonly values: ReadonlyMap<string, number> }
  | { readonly kind: 'failure'; readonly reason: string };

/**
 * Applies every formula to one symbol. Never throws: what is wrong with one symbol must not concern the others.
 *
 * Units: rounded to 6 decimals, as prices are stored.
 * Edges: a symbol that a formula cannot cope with has no values, also not those of the other formulas.
 */
export function computeIndicators(series: CloseSeries, formulas: readonly Formula[]): Computation {
  if (series.defect !== null) return { kind: 'failure', reason: series.defect };
  const values = new Map<string, number>();
  for (const formula of formulas) {
    if (series.closes.length < formula.minimumBars) continue;
    try {
      const value = formula.compute(series.closes);
      if (!Number.isFinite(value)) return { kind: 'failure', reason: `${formula.type} came to ${value}` };
      values.set(formula.type, Number(value.toFixed(6)));
    } catch (error) {
      return { kind: 'failure', reason: `${formula.type}: ${error instanceof Error ? error.message : String(error)}` };
    }
  }
  return { kind: 'values', values };
}
