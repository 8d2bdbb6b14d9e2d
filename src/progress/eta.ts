/** Before these limits the speed is that of the first few statements and does not predict the rest. */
const MEANINGFUL_AFTER_MS = 1000;
const MEANINGFUL_FRACTION = 0.02;

export interface Measured {
  readonly startedAtMs: number;
  /** Fraction at `startedAtMs`: work done before a resume does not count towards the speed. */
  readonly startFraction: number;
  readonly fraction: number;
}

/** Milliseconds left at the average speed since the start; null until one second has passed and 2 % are done. */
export function estimateRemainingMs({ startedAtMs, startFraction, fraction }: Measured, nowMs: number): number | null {
  const elapsedMs = nowMs - startedAtMs;
  const done = fraction - startFraction;
  if (elapsedMs < MEANINGFUL_AFTER_MS || done < MEANINGFUL_FRACTION) return null;
  return Math.round((elapsedMs * (1 - fraction)) / done);
}
