import type { SessionDate } from '../../../src/core/session.js';
import type { CompanyDoubt } from '../../../src/securities/companies/match-companies.js';
import type { ProbableRename, Rename } from '../../../src/securities/renames/match-renames.js';
import type { CapDoubt, FormerCount } from './cap-beliefs.js';
import type { PastMeasures } from './past-measures.js';

/** An active security as recorded for a session, with its bar. Money in USD, unknown facts null. */
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
  /** The newest close not after the session, of any age and not of an earlier session that is held, and its session. */
  readonly close: number | null;
  readonly volumeShares: number | null;
  readonly priceSession: string | null;
  /** Session of the newest bar: later than that of the close where it is of an earlier session that is held. */
  readonly seenSession: string | null;
  /** Whether it traded as usual on its last day, before the session. */
  readonly isQuiet: boolean;
  /** The previous close that the source quotes for this session; adjusted for splits and dividends. */
  readonly quotedPreviousClose: number | null;
  /** The market cap that the source quotes for this session, or that the host has written since; 0: cleared by the host. */
  readonly quotedMarketCapUsd: number | null;
  /** Whether the source lists the security, states market caps, and none for this one. */
  readonly isCapWithdrawn: boolean;
}

/** Types with a valuation: stocks, depositary receipts, which themes contain, and ETFs. No other is ever a member. */
export const VALUED_TYPES = ['CS', 'ADRC', 'ETF'] as const;

/** Whether a type has a valuation. */
export function isValuedType(type: string | null): boolean {
  return (VALUED_TYPES as readonly (string | null)[]).includes(type);
}

/** Why a security is not among the eligible stocks. */
export type Exclusion =
  | 'NOT_COMMON'
  | 'NOT_LISTED_YET'
  | 'NO_MARKET_CAP'
  | 'MARKET_CAP_OUT_OF_RANGE'
  | 'STALE_PRICE'
  | 'INACTIVE'
  | 'RENAMED'
  | 'PROBABLY_RENAMED';

/** Where a market cap came from. */
type CapSource = 'close_x_shares' | 'source_market_cap' | 'none';

/** A security with its figures for the session. `rank` counts eligible stocks from 1 and is null for all others. */
export interface Valued extends Omit<
  Security,
  'quotedPreviousClose' | 'quotedMarketCapUsd' | 'isCapWithdrawn' | 'isQuiet'
> {
  readonly marketCapUsd: number | null;
  readonly dollarVolumeUsd: number | null;
  readonly capSource: CapSource;
  readonly exclusion: Exclusion | null;
  readonly flags: readonly string[];
  /** USD; the original figure while it is suspect and `marketCapUsd` replaces it. Null: they are the same. */
  readonly rawCapUsd: number | null;
  /** Number of sessions in a row, including this one, that the raw figure has been suspect and consistent with itself; 0: not suspect. */
  readonly suspectSessions: number;
  /** Why the raw figure is not believed; null: it is. */
  readonly doubt: CapDoubt | null;
  /** Session since which the share count has been believed, where it is known and recent. */
  readonly countSince: SessionDate | null;
  /** Share counts that were believed lately. */
  readonly formerCounts: readonly FormerCount[];
  rank: number | null;
  /** Key of the sector, and the rank among its eligible stocks; null for a security that is not eligible or has no sector. */
  sectorGroup: string | null;
  sectorRank: number | null;
  industryGroup: string | null;
  industryRank: number | null;
  /** Among active ETFs, by assets, then by dollar volume; null for other securities. */
  etfRank: number | null;
  /** Ticker of the class that stands for the company, where it has several; null: it has one. */
  company: string | null;
  /** Among companies, for the class that stands for each; null for others. */
  companyRank: number | null;
}

/** Whether a security is no longer there, at least not under this ticker. */
export function isGone({ exclusion }: Pick<Valued, 'exclusion'>): boolean {
  return exclusion === 'INACTIVE' || exclusion === 'RENAMED' || exclusion === 'PROBABLY_RENAMED';
}

/**
 * The order by ranks: eligible stocks by rank, then ETFs by theirs, then all others by symbol, by code unit.
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

/** The membership before the session, for rules that depend on it. */
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

/** Input of the universe rules: one session, valued and ranked. */
export interface Market {
  readonly session: SessionDate;
  /** Eligible stocks in rank order: market cap descending, dollar volume descending, symbol ascending. */
  readonly stocks: readonly Stock[];
  /** One stock a company, in rank order. */
  readonly companies: readonly Stock[];
  /** Every class of companies with several, in rank order, by the ticker of the class that stands for the company. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
  /** Stocks that may be classes of one company, which a person must decide. */
  readonly companyDoubts: readonly CompanyDoubt[];
  /** Active ETFs: dollar volume descending, symbol ascending. */
  readonly etfs: readonly Valued[];
  /** Sectors and industries with eligible stocks, each in the order of its largest stock. */
  readonly sectors: readonly StockGroup[];
  readonly industries: readonly StockGroup[];
  /** Every active security by symbol; a symbol found delisted in this session is excluded as `INACTIVE`. */
  readonly securities: ReadonlyMap<string, Valued>;
  /** Recently listed stocks regardless of their `listDate`, by symbol. */
  readonly newListings: ReadonlyMap<string, NewListing>;
  /** Securities whose ticker changed in this session: the new one → the rename. The old one is excluded as `RENAMED`. */
  readonly renames: ReadonlyMap<string, Rename>;
  /** Tickers that another company has taken in this session, without a break. */
  readonly taken: ReadonlySet<string>;
  /** Symbols that counted as delisted and trade again in this session. */
  readonly returned: ReadonlySet<string>;
  /** Newcomers that may be a security which left under another ticker: they are no new listings. */
  readonly undecided: ReadonlySet<string>;
  /** Pairs that a person must decide about. */
  readonly probableRenames: readonly ProbableRename[];
  /** Every ticker that was changed, in this session or before → the one the security has now. */
  readonly renamed: ReadonlyMap<string, string>;
  /** The tickers they were changed to → first session. */
  readonly tickerSince: ReadonlyMap<string, SessionDate>;
  readonly past: PastMembership;
  readonly pastMeasures: PastMeasures;
}
