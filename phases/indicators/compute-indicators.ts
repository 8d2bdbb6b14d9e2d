import type { CloseSeries, PriceDoubt } from '../../src/securities/closes/close-window.js';
import type { Formula } from './formula.js';

/**
 * Values of a symbol by indicator type, without those that need more bars; or the reason why it has none. A null value is withheld: an
 * unexplained move of the price is among the closes that decide it.
 */
export type Computation =
  | { readonly kind: 'values'; readonly values: ReadonlyMap<string, number | null> }
  | { readonly kind: 'failure'; readonly reason: string };

/**
 * Applies every formula to one symbol. Never throws: an error of one symbol must not affect the others.
 *
 * Units: rounded to 6 decimals, like stored prices.
 * Edges: a symbol for which a formula fails has no values at all, also not of the other formulas.
 */
export function computeIndicators(series: CloseSeries, formulas: readonly Formula[]): Computation {
  if (series.defect !== null) return { kind: 'failure', reason: series.defect };
  const values = new Map<string, number | null>();
  for (const formula of formulas) {
    if (series.closes.length < formula.minimumBars) continue;
    if (isWithheld(formula, series)) {
      values.set(formula.type, null);
      continue;
    }
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

/** Why the value of a formula is withheld, for its metadata. */
export function describeDoubt({ session, exception }: PriceDoubt): string {
  return `the price moved like that of a split on ${session}, and no corporate action is known: exception ${exception}`;
}

function isWithheld({ lookback }: Formula, { doubt, closes }: CloseSeries): boolean {
  return doubt !== null && doubt.bars < Math.min(lookback, closes.length);
}
