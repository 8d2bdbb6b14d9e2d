import type { PastFigure } from './past-reader.js';

/** What is known of a price move of a security. */
export interface KnownMove {
  /** Whether it is one of the session, not of an earlier one. */
  readonly isToday: boolean;
  /** Shares after by shares before, known or proposed; null: it cannot be said. */
  readonly ratio: number | null;
  /** `known`: an action. `open`: an exception that a person must decide about. `rejected`: a person said that the price moved by itself. */
  readonly state: 'known' | 'open' | 'rejected';
}

/** USD. */
interface PricesOfSession {
  readonly close: number;
  /** Of the source, adjusted for splits and dividends; null: it quotes none. */
  readonly quotedPreviousClose: number | null;
  readonly moves: readonly KnownMove[];
}

/** A price that moves further in one session has a reason, or is wrong. */
const MAX_MOVE = 5;
/** A smaller difference of two previous closes is a dividend. */
const MIN_SPLIT = 1.2;

/** Ratios, and what they rest on. */
export interface ComparedPrices {
  /** Close by the close before, adjusted. */
  readonly priceRatio: number;
  /** Shares after by shares before. */
  readonly shareRatio: number;
  /** Whether the price moved in a way that is not explained. */
  readonly isDoubtful: boolean;
  /** Whether the close before is adjusted for splits. */
  readonly isAdjusted: boolean;
}

/**
 * The close of a session by the close before it, by the one that fits: that of a known or probable split, else the quoted one, else the stored one.
 *
 * Edges: where none fits, the price did not move.
 */
export function comparePrices(
  { close, quotedPreviousClose: quoted, moves }: PricesOfSession,
  { close: stored }: Pick<PastFigure, 'close'>,
): ComparedPrices {
  const move = moves.length === 0 ? undefined : moves.find(({ isToday, state }) => isToday && state !== 'rejected');
  if (move !== undefined && stored !== null && stored > 0) {
    const isOpen = move.state === 'open';
    const adjusted = move.ratio === null ? close : stored / move.ratio;
    const isQuotedNear = !isOpen && quoted !== null && isWithin(quoted, adjusted, MIN_SPLIT);
    return compare(close, isQuotedNear ? quoted : adjusted, stored, isOpen, true);
  }
  if (quoted !== null && isWithin(close, quoted, MAX_MOVE)) return compare(close, quoted, stored, false, true);
  if (stored !== null && isWithin(close, stored, MAX_MOVE))
    return compare(close, stored, stored, false, quoted !== null);
  return { priceRatio: 1, shareRatio: 1, isDoubtful: quoted !== null || stored !== null, isAdjusted: true };
}

function compare(
  close: number,
  before: number,
  stored: number | null,
  isDoubtful: boolean,
  isAdjusted: boolean,
): ComparedPrices {
  const ratio = stored === null || stored <= 0 ? 1 : stored / before;
  return { priceRatio: close / before, shareRatio: isWithin(ratio, 1, MIN_SPLIT) ? 1 : ratio, isDoubtful, isAdjusted };
}

/** Whether two positive figures differ by no more than a factor. */
export function isWithin(left: number, right: number, factor: number): boolean {
  return left > 0 && right > 0 && left <= right * factor && right <= left * factor;
}
