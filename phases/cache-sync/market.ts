import type { SessionDate } from '../../src/core/session.js';

/** An active security as `symbols` and `ohlcv_daily` know it on a session. Money in USD, absent facts null. */
export interface Security {
  readonly symbol: string;
  readonly name: string | null;
  readonly type: string | null;
  readonly exchange: string | null;
  readonly market: string | null;
  readonly sector: string | null;
  readonly industry: string | null;
  readonly listDate: string | null;
  /** As `symbols.market_cap` has it: the source's figure, or the last one this phase wrote there. */
  readonly knownMarketCapUsd: number | null;
  readonly sharesOutstanding: number | null;
  readonly etfType: string | null;
  readonly issuer: string | null;
  /** The newest close not after the session and not too old, and the session it is of. */
  readonly close: number | null;
  readonly volumeShares: number | null;
  readonly priceSession: string | null;
}

/** Why a security is not among the eligible stocks. */
export type Exclusion = 'NOT_COMMON' | 'NOT_LISTED_YET' | 'NO_MARKET_CAP' | 'MARKET_CAP_OUT_OF_RANGE';

/** Where a market cap came from. */
export type CapSource = 'close_x_shares' | 'source_market_cap' | 'none';

/** A security with its figures for the session. `rank` counts eligible stocks from 1 and is null for all others. */
export interface Valued extends Security {
  readonly marketCapUsd: number | null;
  readonly dollarVolumeUsd: number | null;
  readonly capSource: CapSource;
  readonly exclusion: Exclusion | null;
  readonly flags: readonly string[];
  rank: number | null;
}

/** An eligible stock: active, common, with a market cap. */
export type Stock = Valued & { readonly marketCapUsd: number };

/** Everything the universe rules look at: one session, valued and ranked. */
export interface Market {
  readonly session: SessionDate;
  /** Eligible stocks in rank order: market cap descending, dollar volume descending, symbol ascending. */
  readonly stocks: readonly Stock[];
  /** Active ETFs: dollar volume descending, symbol ascending. */
  readonly etfs: readonly Valued[];
  /** Every active security by symbol. */
  readonly securities: ReadonlyMap<string, Valued>;
}
