import type { SessionDate } from '../../../src/core/session.js';
import type { CompanyEvidence } from '../../../src/securities/companies/match-companies.js';
import { TimeSlice } from '../../../src/core/time-slice.js';
import { NO_PAST, type Past } from './past.js';
import { NO_PAST_MEASURES } from './past-measures.js';
import { rankCompanies } from './rank-companies.js';
import { groupStocks } from './stock-groups.js';
import type { Market, PastMembership, Security, Stock, StockGroup, Valued } from './market.js';
import { createJudge, type CapRules } from './create-judge.js';
import { createPastReader } from './past-reader.js';
import { valueSecurity } from './value-security.js';

/** Securities valued between two checks of the time slice. */
const BATCH = 500;

/** Inputs of the valuation besides the securities. */
export interface ValuationRules {
  /** Prices before this session are too old; default: no limit. */
  readonly oldestPrice?: SessionDate;
  /** Tickers whose security has another one from this session on. */
  readonly renamed?: ReadonlySet<string>;
  /** Tickers whose security probably has another one, which a person must decide. */
  readonly probablyRenamed?: ReadonlySet<string>;
  readonly past?: Past;
  readonly membership?: PastMembership;
  /** Default: every market cap is believed. */
  readonly suspectCaps?: CapRules;
  /** Default: names and market caps alone. */
  readonly companyEvidence?: CompanyEvidence;
  /** Which groups rank each company once; default: none. */
  readonly companiesRankedIn?: CompanyLists;
}

/** Groups of stocks that rank each company once. */
export interface CompanyLists {
  readonly sectors: boolean;
  readonly industries: boolean;
}

/** Counts of the judgements of a session. */
export interface SuspectCounts {
  readonly suspect: number;
  readonly cleared: number;
  readonly accepted: number;
}

const NO_MEMBERSHIP: PastMembership = { membersOf: () => new Map(), sessionsSince: () => 0 };

/**
 * Values and ranks every security of a session, in time slices: at once it would block the event loop for 0.15 s at 143,000 securities.
 *
 * Shape:  securities, symbol ascending when there is a past to judge by → a market whose stocks are in rank order.
 * Units:  USD. Market cap is close × shares, rounded; else the quoted one of the session, else that of the previous session; a suspect one
 *         is replaced by the previous cap moved by the return.
 * Edges:  null, zero and negative caps are excluded (`NO_MARKET_CAP`, or `STALE_PRICE` when an old price is the cause); a close that is not
 *         a positive number is ignored and flagged `BAD_PRICE`; a close of an earlier session is used and flagged `STALE_PRICE`; a symbol
 *         without a bar in the last complete sessions is `INACTIVE`, a ticker that the security gave up `RENAMED` or
 *         `PROBABLY_RENAMED`.
 */
export async function valueStocks(
  listed: Iterable<Security>,
  session: SessionDate,
  {
    oldestPrice,
    renamed = new Set(),
    probablyRenamed = new Set(),
    past = NO_PAST,
    membership = NO_MEMBERSHIP,
    suspectCaps,
    companyEvidence,
    companiesRankedIn,
  }: ValuationRules = {},
): Promise<Market & { readonly suspectCounts: SuspectCounts }> {
  const securities = new Map<string, Valued>();
  const stocks: Stock[] = [];
  const etfs: Valued[] = [];
  const outcomes = { none: 0, suspect: 0, cleared: 0, accepted: 0 };
  const readPast = createPastReader(past.figures);
  const judge = createJudge(suspectCaps, session, past.figures);
  const leaving = { renamed, probablyRenamed };
  const slice = new TimeSlice();
  for (const security of listed) {
    const before = readPast(security.symbol);
    const valued = valueSecurity(security, before, session, oldestPrice, past, leaving, judge, outcomes);
    securities.set(valued.symbol, valued);
    if (isStock(valued)) stocks.push(valued);
    else if (valued.type === 'ETF' && valued.exclusion === 'NOT_COMMON') etfs.push(valued);
    if (securities.size % BATCH === 0 && slice.isOver) await slice.next();
  }
  await slice.next();
  stocks.sort(compareStocks);
  stocks.forEach((stock, index) => (stock.rank = index + 1));
  const { companies, classes, doubts } = rankCompanies(stocks, companyEvidence);
  if (slice.isOver) await slice.next();
  etfs.sort(compareEtfs);
  etfs.forEach((etf, index) => (etf.etfRank = index + 1));
  if (slice.isOver) await slice.next();
  const sectors = rankGroups(
    groupStocks(companiesRankedIn?.sectors === true ? companies : stocks, ({ sector }) => sector),
    (stock, group, rank) => Object.assign(stock, { sectorGroup: group, sectorRank: rank }),
  );
  const industries = rankGroups(
    groupStocks(companiesRankedIn?.industries === true ? companies : stocks, ({ industry }) => industry),
    (stock, group, rank) => Object.assign(stock, { industryGroup: group, industryRank: rank }),
  );
  const { none: _, ...suspectCounts } = outcomes;
  return {
    session,
    stocks,
    companies,
    classes,
    companyDoubts: doubts,
    etfs,
    sectors,
    industries,
    securities,
    newListings: past.newListings,
    renames: new Map(),
    taken: new Set(),
    returned: new Set(),
    undecided: new Set(),
    probableRenames: [],
    renamed: past.renamed,
    tickerSince: past.tickerSince,
    past: membership,
    pastMeasures: NO_PAST_MEASURES,
    suspectCounts,
  };
}

function rankGroups(groups: StockGroup[], assign: (stock: Stock, group: string, rank: number) => void): StockGroup[] {
  for (const { key, stocks } of groups) stocks.forEach((stock, index) => assign(stock, key, index + 1));
  return groups;
}

function isStock(valued: Valued): valued is Stock {
  return valued.exclusion === null;
}

/** The total order of stocks: no two compare equal, so that a cut-off never depends on the order of rows. */
export function compareStocks(left: Valued, right: Valued): number {
  return (
    (right.marketCapUsd ?? 0) - (left.marketCapUsd ?? 0) ||
    (right.dollarVolumeUsd ?? 0) - (left.dollarVolumeUsd ?? 0) ||
    compareSymbols(left, right)
  );
}

/** The total order of ETFs: by assets, those of unknown assets after them by dollar volume. */
function compareEtfs(left: Valued, right: Valued): number {
  return (
    (right.aumMillions ?? 0) - (left.aumMillions ?? 0) ||
    (right.dollarVolumeUsd ?? 0) - (left.dollarVolumeUsd ?? 0) ||
    compareSymbols(left, right)
  );
}

/** By code unit, like PostgreSQL's C collation: membership must not depend on a locale. */
function compareSymbols(left: { symbol: string }, right: { symbol: string }): number {
  return left.symbol < right.symbol ? -1 : left.symbol > right.symbol ? 1 : 0;
}
