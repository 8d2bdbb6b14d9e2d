import { formatCount } from './format-count.js';
import { formatUsd } from './format-usd.js';

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

/** The order of a ranking by a measure, as it was applied in a session and is stored with it. */
export interface MeasureLimits {
  readonly kind: 'measure';
  readonly measure: MeasureName;
  /** Number of sessions it is measured over; null: the session alone. */
  readonly sessions: number | null;
  readonly order: 'highest' | 'lowest';
  readonly size: number;
  /** Number of candidates: stocks with the measure that pass the filters. */
  readonly candidates: number;
  /** Members in order, with their figures, and those that follow, as many but at most a hundred; in the unit of the measure. */
  readonly figures: readonly (readonly [symbol: string, figure: number])[];
}

/** A measure for people: `dollar volume`, `return over 20 sessions`. */
export function describeMeasure(measure: MeasureName, sessions: number | null): string {
  const words = WORDS[measure];
  return sessions === null ? words : `${words} over ${sessions === 1 ? 'one session' : `${sessions} sessions`}`;
}

const WORDS: Readonly<Record<MeasureName, string>> = {
  marketCap: 'market cap',
  dollarVolume: 'dollar volume',
  volume: 'volume',
  price: 'price',
  return: 'return',
  volatility: 'volatility',
};

/** A figure in the unit of its measure for people: USD, shares or percent. */
export function formatMeasure(measure: MeasureName, figure: number): string {
  if (isOverSessions(measure)) return `${figure.toFixed(2)} %`;
  if (measure === 'volume') return `${formatCount(figure)} shares`;
  return measure === 'price' ? `$${figure}` : formatUsd(figure);
}
