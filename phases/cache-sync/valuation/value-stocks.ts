import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { CompanyEvidence } from '../../../src/securities/companies/match-companies.js';
import { TimeSlice } from '../../../src/core/time-slice.js';
import { NO_PAST, type Past, type PastFigures } from './past.js';
import { rankCompanies } from './rank-companies.js';
import { groupStocks } from './stock-groups.js';
import type { Exclusion, Market, PastMembership, Security, Stock, StockGroup, Valued } from './market.js';
import {
  judgeCap,
  keepPast,
  type CountDecision,
  type JudgedCap,
  type KnownMove,
  type SuspectLimits,
} from './judge-cap.js';
import { createPastReader, type PastFigure } from './past-reader.js';

/** The largest value of a PostgreSQL bigint that a JavaScript number represents without exceeding it. */
const MAX_CAP_USD = 9_223_372_036_854_774_784;

const ELIGIBLE_TYPE = 'CS';

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

/** How market caps are judged. */
export interface CapRules extends SuspectLimits {
  readonly calendar: Pick<TradingCalendar, 'previous'>;
  /** By symbol; default: none. */
  readonly moves?: ReadonlyMap<string, readonly KnownMove[]>;
  readonly decisions?: ReadonlyMap<string, readonly CountDecision[]>;
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
    const valued = valueSecurity(security, before, session, oldestPrice, past.absentBefore, leaving, judge, outcomes);
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
  etfs.sort((left, right) => (right.dollarVolumeUsd ?? 0) - (left.dollarVolumeUsd ?? 0) || compareSymbols(left, right));
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
    undecided: new Set(),
    probableRenames: [],
    renamed: past.renamed,
    tickerSince: past.tickerSince,
    past: membership,
    suspectCounts,
  };
}

function rankGroups(groups: StockGroup[], assign: (stock: Stock, group: string, rank: number) => void): StockGroup[] {
  for (const { key, stocks } of groups) stocks.forEach((stock, index) => assign(stock, key, index + 1));
  return groups;
}

/** `close` is null for a symbol without a bar in the session, `before` for one that was not valued in the previous session. */
type Judge = (
  security: Security,
  capUsd: number | null,
  close: number | null,
  dollarVolumeUsd: number | null,
  before: PastFigure | null,
) => JudgedCap | null;

/** Sessions in which a share count proves itself. */
const YOUNG_SESSIONS = 20;

function createJudge(rules: CapRules | undefined, session: SessionDate, figures: PastFigures): Judge {
  if (rules === undefined) return () => null;
  const { calendar, moves, decisions } = rules;
  let largest: number | null | undefined;
  const day = {
    session,
    before: calendar.previous(session),
    oldestMemory: calendar.previous(session, rules.memorySessions),
    youngSince: calendar.previous(session, YOUNG_SESSIONS),
    turnoverDays: figures.turnoverDays,
    largestUsd: () => (largest ??= figures.capsUsd.reduce(larger, null)),
  };
  return (security, capUsd, close, dollarVolumeUsd, past) => {
    const { symbol, quotedPreviousClose } = security;
    // A session without a bar is not evidence: a suspect cap stays suspect, at the cap used for the ranks.
    if (close === null) return past === null ? null : keepPast(past, capUsd);
    const known = { moves: moves?.get(symbol) ?? NONE, decisions: decisions?.get(symbol) ?? NONE };
    return judgeCap({ capUsd, close, quotedPreviousClose, dollarVolumeUsd, past, ...known }, rules, day);
  };
}

const NONE: readonly never[] = [];

function larger(left: number | null, right: number | null): number | null {
  return right !== null && right > (left ?? 0) ? right : left;
}

/** When neither the source nor the host states a market cap for the session, the original one of the previous session is used. */
function findQuotedCap({ quotedMarketCapUsd }: Security, before: PastFigure | null): number | null {
  return quotedMarketCapUsd ?? before?.suspect?.rawCapUsd ?? before?.capUsd ?? null;
}

/**
 * Every field is listed: `{ ...security, … }` makes V8 keep so many fields in a hash table. In a program that did nothing else, 143,000
 * objects took 1.6 s that way and 0.06 s this way, with a peak of 447 and 155 MB.
 */
function valueSecurity(
  security: Security,
  before: PastFigure | null,
  session: SessionDate,
  oldestPrice: SessionDate | undefined,
  absentBefore: SessionDate | null,
  leaving: Leaving,
  judge: Judge,
  outcomes: Record<JudgedCap['outcome'], number>,
): Valued {
  const { priceSession } = security;
  const isTooOld = oldestPrice !== undefined && priceSession !== null && priceSession < oldestPrice;
  const close = isPrice(security.close) && !isTooOld ? security.close : null;
  const shares = security.sharesOutstanding;
  const computed = close !== null && shares !== null && shares > 0 ? Math.round(close * shares) : null;
  const stated = computed ?? findQuotedCap(security, before);
  const dollarVolumeUsd =
    close === null || security.volumeShares === null ? null : toStorable(close * security.volumeShares);
  const isWithdrawn = computed === null && security.isCapWithdrawn;
  const isJudged = isWithdrawn || (stated !== null && stated > 0 && stated <= MAX_CAP_USD);
  const closeToday = priceSession === session ? close : null;
  const judged = isJudged
    ? judge(security, isWithdrawn && closeToday !== null ? null : stated, closeToday, dollarVolumeUsd, before)
    : null;
  const figure = judged === null ? stated : judged.capUsd;
  const isAbsent = absentBefore !== null && priceSession !== null && priceSession < absentBefore;
  const gone = findGone(security, leaving) ?? (isAbsent ? 'INACTIVE' : null);
  const exclusion = gone ?? findExclusion(security, figure, session, isTooOld);
  const isSuspect = judged !== null && judged.suspectSessions > 0;
  if (judged !== null && (exclusion === null || (exclusion === 'NO_MARKET_CAP' && isSuspect)))
    outcomes[judged.outcome] += 1;
  return {
    symbol: security.symbol,
    name: security.name,
    type: security.type,
    exchange: security.exchange,
    market: security.market,
    sector: security.sector,
    industry: security.industry,
    sicCode: security.sicCode,
    listDate: security.listDate,
    sharesOutstanding: shares === null ? null : toStorable(shares),
    etfType: security.etfType,
    issuer: security.issuer,
    aumMillions: security.aumMillions,
    close,
    volumeShares: isTooOld ? null : security.volumeShares,
    priceSession,
    marketCapUsd: toStorable(figure),
    dollarVolumeUsd,
    capSource: computed !== null ? 'close_x_shares' : stated !== null ? 'source_market_cap' : 'none',
    exclusion,
    flags: isSuspect ? addFlag(flagPrice(security, session)) : flagPrice(security, session),
    rawCapUsd: isSuspect ? toStorable(judged.rawCapUsd) : null,
    suspectSessions: isSuspect ? judged.suspectSessions : 0,
    doubt: judged?.doubt ?? null,
    countSince: judged?.countSince ?? null,
    formerCounts: judged?.formerCounts ?? NONE,
    rank: null,
    sectorGroup: null,
    sectorRank: null,
    industryGroup: null,
    industryRank: null,
    etfRank: null,
    company: null,
    companyRank: null,
  };
}

/** Tickers that securities have given up. */
interface Leaving {
  readonly renamed: ReadonlySet<string>;
  readonly probablyRenamed: ReadonlySet<string>;
}

function findGone({ symbol }: Security, { renamed, probablyRenamed }: Leaving): Exclusion | null {
  if (renamed.size > 0 && renamed.has(symbol)) return 'RENAMED';
  return probablyRenamed.size > 0 && probablyRenamed.has(symbol) ? 'PROBABLY_RENAMED' : null;
}

/** Whole dollars in the range of a bigint column; null for figures outside it. */
function toStorable(figure: number | null): number | null {
  return figure !== null && Math.abs(figure) <= MAX_CAP_USD ? Math.round(figure) : null;
}

function isPrice(close: number | null): boolean {
  return close !== null && close > 0 && Number.isFinite(close);
}

const NO_FLAGS: readonly string[] = [];
const BAD_PRICE: readonly string[] = ['BAD_PRICE'];
const STALE_PRICE: readonly string[] = ['STALE_PRICE'];
const SUSPECT_CAP: readonly string[] = ['SUSPECT_CAP'];

function flagPrice({ close, priceSession }: Security, session: SessionDate): readonly string[] {
  if (close === null) return NO_FLAGS;
  if (!isPrice(close)) return BAD_PRICE;
  return priceSession === session ? NO_FLAGS : STALE_PRICE;
}

function addFlag(flags: readonly string[]): readonly string[] {
  return flags.length === 0 ? SUSPECT_CAP : [...flags, 'SUSPECT_CAP'];
}

function findExclusion(
  security: Security,
  marketCapUsd: number | null,
  session: SessionDate,
  isTooOld: boolean,
): Exclusion | null {
  if (security.listDate !== null && security.listDate > session) return 'NOT_LISTED_YET';
  if (security.type !== ELIGIBLE_TYPE) return 'NOT_COMMON';
  if (marketCapUsd === null || !(marketCapUsd > 0)) return isTooOld ? 'STALE_PRICE' : 'NO_MARKET_CAP';
  return marketCapUsd > MAX_CAP_USD ? 'MARKET_CAP_OUT_OF_RANGE' : null;
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

/** By code unit, like PostgreSQL's C collation: membership must not depend on a locale. */
function compareSymbols(left: { symbol: string }, right: { symbol: string }): number {
  return left.symbol < right.symbol ? -1 : left.symbol > right.symbol ? 1 : 0;
}
