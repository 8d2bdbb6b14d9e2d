/** What a ranking may order stocks by; those in `OVER_SESSIONS` over several sessions. */
export const MEASURES = ['marketCap', 'dollarVolume', 'volume', 'price', 'return', 'volatility'] as const;

export type MeasureName = (typeof MEASURES)[number];

/** Measures of the closes of several sessions, and the fewest sessions that each needs. */
export const OVER_SESSIONS = { return: 1, volatility: 5 } as const;

export type SessionsMeasure = keyof typeof OVER_SESSIONS;

/** Whether a measure is one of several sessions. */
export function isOverSessions(measure: MeasureName): measure is SessionsMeasure {
  return measure in OVER_SESSIONS;
}
