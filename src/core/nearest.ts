import { closest, distance } from 'fastest-levenshtein';

/** The candidate a mistyped word most likely meant; undefined when none is close enough to suggest. */
export function nearestName(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const lower = word.toLowerCase();
  const best = closest(lower, [...candidates]);
  const tolerated = Math.max(2, Math.floor(best.length / 2));
  return distance(lower, best.toLowerCase()) <= tolerated ? best : undefined;
}
