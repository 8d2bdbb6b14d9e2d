/** 0.4482 → 44.82: two decimals are as much as a person can see, and 100 is said only when all is done. */
export function toPercent(fraction: number): number {
  return Math.floor(Math.min(Math.max(fraction, 0), 1) * 10_000) / 100;
}

/** How many of so many: all of them is said only when all is done. */
export function toCompleted(fraction: number, total: number): number {
  return Math.floor(Math.min(Math.max(fraction, 0), 1) * total);
}

/** Seconds to the millisecond; 0 where nothing is known. */
export function toSeconds(durationMs: number | null): number {
  return Math.max(0, Math.round(durationMs ?? 0)) / 1000;
}
