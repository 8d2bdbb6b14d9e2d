import type { SessionDate } from '../../../src/core/session.js';
import type { FormerCount, Suspect } from './cap-beliefs.js';
import type { PastFigures } from './past.js';

/** The figures of a security in the previous session. */
export interface PastFigure {
  /** USD, as used for the ranks; null: no figure was believed. */
  readonly capUsd: number | null;
  /** Not adjusted for splits and dividends since. */
  readonly close: number | null;
  readonly suspect: Suspect | undefined;
  readonly countSince: SessionDate | null;
  readonly formerCounts: readonly FormerCount[];
}

/**
 * Finds symbols of the previous session while iterating those of this one in the same order: a merge, because a map of 143,000 would cost
 * more than the judging.
 *
 * Shape: symbols ascending by code unit → a function to be called with symbols in ascending order, which returns the index in `symbols` or
 *        -1.
 */
export function createPastFinder(symbols: readonly string[]): (symbol: string) => number {
  let index = 0;
  return (symbol) => {
    while (index < symbols.length && (symbols[index] ?? '') < symbol) index += 1;
    return symbols[index] === symbol ? index : -1;
  };
}

const NO_COUNTS: readonly FormerCount[] = [];

/** The same for figures; null: the symbol was not valued in the previous session. */
export function createPastReader(figures: PastFigures): (symbol: string) => PastFigure | null {
  const { symbols, capsUsd, closes, suspects, countsSince, formerCounts } = figures;
  const find = createPastFinder(symbols);
  return (symbol) => {
    const index = find(symbol);
    if (index < 0) return null;
    return {
      capUsd: capsUsd[index] ?? null,
      close: closes[index] ?? null,
      suspect: suspects.get(symbol),
      countSince: countsSince.get(symbol) ?? null,
      formerCounts: formerCounts.get(symbol) ?? NO_COUNTS,
    };
  };
}

/** In a list ascending by code unit; -1: it is not in it. */
export function findIndex(sorted: readonly string[], symbol: string): number {
  let [low, high] = [0, sorted.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = sorted[middle] ?? '';
    if (found === symbol) return middle;
    if (found < symbol) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
