import type { SessionDate } from '../../../src/core/session.js';

/** An active security as it is recorded for a session, with its bar. Money in USD, absent facts null. */
export interface Security {
  readonly symbol: string;
  readonly name: string | null;
  readonly type: string | null;
  readonly exchange: string | null;
  readonly market: string | null;
  readonly sector: string | null;
  readonly industry: string | null;
  readonly sicCode: string | null;
  readonly listDate: string | null;
  readonly sharesOutstanding: number | null;
  readonly etfType: string | null;
  readonly issuer: string | null;
  readonly aumMillions: number | null;
  /** The newest close not after the session, however old, and the session it is of. */
  readonly close: number | null;
  readonly volumeShares: number | null;
  readonly priceSession: string | null;
  /** The previous close as the source says it beside this session's; adjusted for splits and dividends. */
  readonly quotedPreviousClose: number | null;
  /** The market cap as the source says it of this session, or as the host wrote it since; 0: the host cleared it. */
  readonly quotedMarketCapUsd: number | null;
}

/** Why a security is not among the eligible stocks. */
export type Exclusion =
  'NOT_COMMON' | 'NOT_LISTED_YET' | 'NO_MARKET_CAP' | 'MARKET_CAP_OUT_OF_RANGE' | 'STALE_PRICE' | 'INACTIVE';

/** Where a market cap came from. */
type CapSource = 'close_x_shares' | 'source_market_cap' | 'none';

/** A security with its figures for the session. `rank` counts eligible stocks from 1 and is null for all others. */
export interface Valued extends Omit<Security, 'quotedPreviousClose' | 'quotedMarketCapUsd'> {
  readonly marketCapUsd: number | null;
  readonly dollarVolumeUsd: number | null;
  readonly capSource: CapSource;
  readonly exclusion: Exclusion | null;
  readonly flags: readonly string[];
  /** USD; the figure as it came, while `marketCapUsd` is another because this one is suspect. Null: they are the same. */
  readonly rawCapUsd: number | null;
  /** Sessions in a row, this one included, that the raw figure has been suspect and agreed with itself; 0: it is not. */
  readonly suspectSessions: number;
  rank: number | null;
  /** Key of the sector, and the rank among its eligible stocks; null for what is not one, or has no sector. */
  sectorGroup: string | null;
  sectorRank: number | null;
  industryGroup: string | null;
  industryRank: number | null;
  /** Among active ETFs, by dollar volume; null for other securities. */
  etfRank: number | null;
}

/**
 * The order that the ranks give: eligible stocks by rank, then ETFs by theirs, then all others by symbol, by code unit.
 *
 * Source: the same as the `order by` of `pipeline.members_with_figures`.
 */
export function compareRanks(left: Valued, right: Valued): number {
  return (
    compareKnown(left.rank, right.rank) ||
    compareKnown(left.etfRank, right.etfRank) ||
    (left.symbol < right.symbol ? -1 : left.symbol > right.symbol ? 1 : 0)
  );
}

function compareKnown(left: number | null, right: number | null): number {
  return left === right ? 0 : (left ?? Infinity) - (right ?? Infinity);
}

/** An eligible stock: active, common, with a market cap. */
export type Stock = Valued & { readonly marketCapUsd: number };

/** Stocks of one sector or industry, in rank order. */
export interface StockGroup {
  readonly key: string;
  readonly name: string;
  readonly stocks: Stock[];
}

/** Why a stock without a recent `listDate` counts as newly listed. */
export interface NewListing {
  readonly reason: 'IPO_FIRST_DAY' | 'IPO_FIRST_SEEN';
  readonly session: SessionDate;
}

/** What was published before, for rules that ask who is a member already. */
export interface PastMembership {
  /** Members before this session → first session of their membership. */
  membersOf(universe: {
    readonly type: string;
    readonly name: string;
    readonly key: string;
  }): ReadonlyMap<string, SessionDate>;
  /** Sessions from `since` to this one: 0 for this session itself, 1 for the one before. */
  sessionsSince(since: SessionDate): number;
}

/** Everything the universe rules look at: one session, valued and ranked. */
export interface Market {
  readonly session: SessionDate;
  /** Eligible stocks in rank order: market cap descending, dollar volume descending, symbol ascending. */
  readonly stocks: readonly Stock[];
  /** Active ETFs: dollar volume descending, symbol ascending. */
  readonly etfs: readonly Valued[];
  /** Sectors and industries with eligible stocks, each in the order of its largest stock. */
  readonly sectors: readonly StockGroup[];
  readonly industries: readonly StockGroup[];
  /** Every active security by symbol; one that has just been found delisted is excluded as `INACTIVE`. */
  readonly securities: ReadonlyMap<string, Valued>;
  /** Stocks listed lately whatever their `listDate` says, by symbol. */
  readonly newListings: ReadonlyMap<string, NewListing>;
  readonly past: PastMembership;
}
