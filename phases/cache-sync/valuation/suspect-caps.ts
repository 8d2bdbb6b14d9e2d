import type { PastFigures, Suspect } from './past.js';

/** The market cap to be used. `rawCapUsd` is null when it is the original figure. */
export interface JudgedCap {
  readonly capUsd: number;
  readonly rawCapUsd: number | null;
  readonly suspectSessions: number;
  /** The outcome of the judgement. */
  readonly outcome: 'none' | 'suspect' | 'cleared' | 'accepted';
}

/** The figure of one stock in this session, and what it is judged by. */
export interface CapHistory {
  readonly capUsd: number;
  readonly close: number | null;
  /** As used for the ranks of the previous session; null: there was none. */
  readonly pastCapUsd: number | null;
  readonly referenceClose: number | null;
  readonly isAdjusted: boolean;
  readonly past: Suspect | undefined;
}

/** `universes.suspectCaps` of the configuration. */
export interface SuspectLimits {
  readonly factor: number;
  readonly acceptAfterSessions: number;
}

/**
 * Decides whether a market cap is believed: it must move with the price, within a factor of `factor`.
 *
 * On a split day many feeds have the new price with the old share count, and share counts have errors that last. A figure that the price
 * does not explain is suspect: the stock is ranked by its previous cap moved by the return. The suspicion ends when a figure agrees with
 * that again, or when the new level has been consistent for `acceptAfterSessions` sessions, as after a merger or an issue of shares.
 *
 * Edges: without a previous close of the source the return is not adjusted for splits, and an unchanged cap is believed too: then the share
 *        count followed the split. Without a previous figure every cap is believed.
 */
export function judgeCap(evidence: CapHistory, { factor, acceptAfterSessions }: SuspectLimits): JudgedCap {
  const { capUsd, pastCapUsd, close, referenceClose, isAdjusted, past } = evidence;
  if (pastCapUsd === null || pastCapUsd <= 0 || close === null || referenceClose === null || referenceClose <= 0) {
    return believe(capUsd, past === undefined ? 'none' : 'cleared');
  }
  const agrees = (left: number, right: number): boolean => left <= right * factor && right <= left * factor;
  const priceRatio = close / referenceClose;
  const expected = pastCapUsd * priceRatio;
  if (agrees(capUsd, expected) || (!isAdjusted && agrees(capUsd, pastCapUsd))) {
    return believe(capUsd, past === undefined ? 'none' : 'cleared');
  }
  const isSteady = past !== undefined && agrees(capUsd, past.rawCapUsd * priceRatio);
  const sessions = isSteady ? past.sessions + 1 : 1;
  if (sessions > acceptAfterSessions) return believe(capUsd, 'accepted');
  // An unadjusted price that jumps itself is not evidence: the level of the previous session is the better estimate.
  const used = isAdjusted || agrees(priceRatio, 1) ? expected : pastCapUsd;
  return { capUsd: Math.round(used), rawCapUsd: capUsd, suspectSessions: sessions, outcome: 'suspect' };
}

/** Keeps a suspicion when there is no new evidence. */
export function keepSuspect(capUsd: number, { rawCapUsd, sessions }: Suspect): JudgedCap {
  return { capUsd, rawCapUsd, suspectSessions: sessions, outcome: 'suspect' };
}

function believe(capUsd: number, outcome: 'none' | 'cleared' | 'accepted'): JudgedCap {
  return { capUsd, rawCapUsd: null, suspectSessions: 0, outcome };
}

/** The figures of a security in the previous session. */
export interface PastFigure {
  /** USD, as used for the ranks. */
  readonly capUsd: number | null;
  /** Not adjusted for splits and dividends since. */
  readonly close: number | null;
  readonly suspect: Suspect | undefined;
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

/** The same for figures; null: the symbol was not valued in the previous session. */
export function createPastReader(figures: PastFigures): (symbol: string) => PastFigure | null {
  const { symbols, capsUsd, closes, suspects } = figures;
  const find = createPastFinder(symbols);
  return (symbol) => {
    const index = find(symbol);
    if (index < 0) return null;
    return {
      capUsd: capsUsd[index] ?? null,
      close: closes[index] ?? null,
      suspect: suspects.get(symbol),
    };
  };
}
