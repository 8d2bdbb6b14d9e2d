import { median } from './figures.js';

/** One session of one security. Money in USD; unknown figures null. */
export interface StatedFigures {
  readonly session: string;
  readonly close: number;
  /** As the source quotes it, adjusted for splits. */
  readonly previousClose: number | null;
  readonly marketCapUsd: number | null;
}

/** Sessions on either side of one. */
const WINDOW = 60;
/** A smaller difference of the quoted and the stored previous close is a dividend. */
const MIN_SPLIT = 1.2;
/** A move further than this within a session is no return, so that the quoted previous close says nothing. */
const MAX_RETURN = 5;

/**
 * Market caps by the share count that a source stated most of the time: the median of market cap ÷ close over 60 sessions before and after,
 * in shares of one session, times the close. It knows the future, and is no rule: it says afterwards which figures were wrong.
 *
 * Shape: sessions ascending → session → USD; sessions without any figure around them are absent.
 */
export function referenceCaps(stated: readonly StatedFigures[]): ReadonlyMap<string, number> {
  // Price of a share of the first session, in shares of each.
  let factor = 1;
  const counts = stated.map((figures, index) => {
    const before = stated[index - 1];
    if (before !== undefined) factor *= splitFactor(before.close, figures);
    const { close, marketCapUsd } = figures;
    return { factor, shares: marketCapUsd !== null && marketCapUsd > 0 ? (marketCapUsd / close) * factor : null };
  });
  const caps = new Map<string, number>();
  stated.forEach(({ session, close }, index) => {
    const around = counts
      .slice(Math.max(0, index - WINDOW), index + WINDOW + 1)
      .flatMap(({ shares }) => (shares === null ? [] : [shares]));
    if (around.length > 0) caps.set(session, (close * median(around)) / (counts[index]?.factor ?? 1));
  });
  return caps;
}

function splitFactor(before: number, { close, previousClose }: StatedFigures): number {
  if (previousClose === null || previousClose <= 0 || timesApart(close, previousClose) > MAX_RETURN) return 1;
  const factor = previousClose / before;
  return timesApart(factor, 1) > MIN_SPLIT ? factor : 1;
}

export function timesApart(left: number, right: number): number {
  return Math.max(left / right, right / left);
}
