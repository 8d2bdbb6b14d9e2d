/** A product such as 0.57 × 10,000 is 5,699.999…; this much below a whole number counts as one. */
const ROUNDING = 1e-8;

/** 0.4482 → 44.82. Rounded down to two decimals, so 100 means that all is done. */
export function toPercent(fraction: number): number {
  return Math.floor(toShare(fraction) * 10_000 + ROUNDING) / 100;
}

/** How many of `total`, rounded down, so `total` means that all is done. */
export function toCompleted(fraction: number, total: number): number {
  return Math.floor(toShare(fraction) * total + ROUNDING);
}

/** Seconds to the millisecond, at least 0; null stays null. */
export function toSeconds(durationMs: number): number;
export function toSeconds(durationMs: number | null): number | null;
export function toSeconds(durationMs: number | null): number | null {
  return durationMs === null ? null : Math.max(0, Math.round(durationMs)) / 1000;
}

/** When a task with `etaMs` left at `atMs` will be done, ISO in UTC; null while that is unknown. */
export function toCompletionTime(etaMs: number | null, atMs: number): string | null {
  return etaMs === null ? null : new Date(atMs + etaMs).toISOString();
}

function toShare(fraction: number): number {
  return Math.min(Math.max(fraction, 0), 1);
}

/** The upper of the two middle values where their number is even; 0 of none. */
export function medianOf(values: readonly number[]): number {
  const ascending = values.toSorted((left, right) => left - right);
  return ascending[ascending.length >> 1] ?? 0;
}
