import type { SessionDate } from '../../../src/core/session.js';

/**
 * Why a market cap is not believed.
 *
 * `SHARE_COUNT`: it moved more than the price explains. `SPLIT_LAG`: by the ratio of a split, whose share count has not followed yet.
 * `PRICE_MOVE`: it moved with a price that is itself doubtful. `FIRST_FIGURE`: the first one of a security, and implausible.
 * `WITHDRAWN`: the source states none any more.
 */
export type CapDoubt = 'SHARE_COUNT' | 'SPLIT_LAG' | 'PRICE_MOVE' | 'FIRST_FIGURE' | 'WITHDRAWN';

/** A market cap that was suspect in the previous session. */
export interface Suspect {
  /** USD, as stated; of a withdrawn one the last stated. */
  readonly rawCapUsd: number;
  /** For how many sessions in a row it has been suspect and consistent with itself. */
  readonly sessions: number;
  readonly doubt: CapDoubt;
}

/** A share count, market cap ÷ close, that was believed until another one was. */
export interface FormerCount {
  /** In shares of today: changed by every split since. */
  readonly shares: number;
  /** Last session in which it was believed. */
  readonly until: SessionDate;
}
