import type { SessionsMeasure } from '../../../src/core/ranking-measures.js';

/** Figures of stocks over several sessions, up to and including the session; read where a ranking orders by them. */
export interface PastMeasures {
  /**
   * @param former the ticker before the session, of a security that changed it in the session
   * @returns null: too few closes, or closes that cannot be compared
   */
  valueOf(measure: PastMeasure, symbol: string, former: string | undefined): number | null;
}

/** One figure over a number of sessions. */
export interface PastMeasure {
  readonly name: SessionsMeasure;
  readonly sessions: number;
}

export const NO_PAST_MEASURES: PastMeasures = { valueOf: () => null };
