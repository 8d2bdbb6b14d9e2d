import { distance } from 'fastest-levenshtein';

/** The candidate a mistyped word most likely meant, whatever its case; undefined when none is close enough to suggest. */
export function nearestName(word: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({
    candidate,
    edits: distance(word.toLowerCase(), candidate.toLowerCase()),
  }));
  const best = scored.toSorted((left, right) => left.edits - right.edits)[0];
  if (best === undefined) return undefined;
  const tolerated = Math.max(2, Math.floor(best.candidate.length / 3));
  return best.edits <= tolerated && best.edits < word.length ? best.candidate : undefined;
}
