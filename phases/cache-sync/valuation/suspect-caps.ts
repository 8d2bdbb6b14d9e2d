import type { PastFigures, Suspect } from './past.js';

/** What a market cap is taken for. `rawCapUsd` is null where the figure is believed as it came. */
export interface JudgedCap {
  readonly capUsd: number;
  readonly rawCapUsd: number | null;
  readonly suspectSessions: number;
  /** What became of an earlier suspicion. */
  readonly outcome: 'none' | 'suspect' | 'cleared' | 'accepted';
}

/** Today's figure of one stock and what it is judged by. */
export interface CapHistory {
  readonly capUsd: number;
  readonly close: number | null;
  /** As it was ranked by in the session before; null: there was none. */
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
 * Whether a market cap may be believed: it moves with the price, by no more than `factor` beside it.
 *
 * On a split day many feeds have the new price with the old share count, and share counts have errors that last. A figure that the price does not
 * explain is suspect: the stock is ranked by its previous cap moved by the return. The suspicion ends when a figure agrees with that again, or
 * when the new level has agreed with itself for `acceptAfterSessions` sessions, which is what a merger or an issue of shares looks like.
 *
 * Edges: without the source's own previous close the return is not adjusted for splits, and a cap that stays where it was is believed too:
 *        then the share count followed the split. Nothing to compare with: believed.
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
  // An unadjusted price that itself jumps is no measure: the level of the session before is the better guess.
  const used = isAdjusted || agrees(priceRatio, 1) ? expected : pastCapUsd;
  return { capUsd: Math.round(used), rawCapUsd: capUsd, suspectSessions: sessions, outcome: 'suspect' };
}

/** A suspicion that nothing new is known of. */
export function keepSuspect(capUsd: number, { rawCapUsd, sessions }: Suspect): JudgedCap {
  return { capUsd, rawCapUsd, suspectSessions: sessions, outcome: 'suspect' };
}

function believe(capUsd: number, outcome: 'none' | 'cleared' | 'accepted'): JudgedCap {
  return { capUsd, rawCapUsd: null, suspectSessions: 0, outcome };
}

/** A security's figures of the session before. */
export interface PastFigure {
  /** USD, as it was ranked by. */
  readonly capUsd: number | null;
  /** Not adjusted for what has been split or paid out since. */
  readonly close: number | null;
  readonly suspect: Suspect | undefined;
}

/**
 * Walks symbols of the session before beside those of this one, in the same order: a merge, where a map of 143,000 would cost more than the judging.
 *
 * Shape: symbols ascending by code unit → a function to be asked for symbols in ascending order, which gives the index in `symbols` or -1.
 */
export function createPastFinder(symbols: readonly string[]): (symbol: string) => number {
  let index = 0;
  return (symbol) => {
    while (index < symbols.length && (symbols[index] ?? '') < symbol) index += 1;
    return symbols[index] === symbol ? index : -1;
  };
}

/** The same for figures; null: the symbol was not valued in the session before. */
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
