import type { SessionDate } from '../../../src/core/session.js';
import type { FormerCount } from './cap-beliefs.js';
import type { Judge } from './create-judge.js';
import type { JudgedCap } from './cap-evidence.js';
import type { Exclusion, Security, Valued } from './market.js';
import type { PastFigure } from './past-reader.js';
import type { SymbolPast } from './past.js';

/** The largest value of a PostgreSQL bigint that a JavaScript number represents without exceeding it. */
const MAX_CAP_USD = 9_223_372_036_854_774_784;

const ELIGIBLE_TYPE = 'CS';

/** When neither the source nor the host states a market cap for the session, the original one of the previous session is used. */
function findQuotedCap({ quotedMarketCapUsd }: Security, before: PastFigure | null): number | null {
  return quotedMarketCapUsd ?? before?.suspect?.rawCapUsd ?? before?.capUsd ?? null;
}

/**
 * Every field is listed: `{ ...security, … }` makes V8 keep so many fields in a hash table. In a program that did nothing else, 143,000
 * objects took 1.6 s that way and 0.06 s this way, with a peak of 447 and 155 MB.
 */
export function valueSecurity(
  security: Security,
  before: PastFigure | null,
  session: SessionDate,
  oldestPrice: SessionDate | undefined,
  past: Pick<SymbolPast, 'absentBefore' | 'quietAbsentBefore'>,
  leaving: Leaving,
  judge: Judge,
  outcomes: Record<JudgedCap['outcome'], number>,
): Valued {
  const { priceSession, seenSession } = security;
  const isTooOld = oldestPrice !== undefined && priceSession !== null && priceSession < oldestPrice;
  const close = isPrice(security.close) && !isTooOld ? security.close : null;
  const shares = isShareCount(security.sharesOutstanding) ? security.sharesOutstanding : null;
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
  const gone = findGone(security, leaving) ?? (isAbsent(security, past) ? 'INACTIVE' : null);
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
    seenSession,
    marketCapUsd: toStorable(figure),
    dollarVolumeUsd,
    capSource: computed !== null ? 'close_x_shares' : stated !== null ? 'source_market_cap' : 'none',
    exclusion,
    flags: listFlags(security, session, isSuspect),
    rawCapUsd: isSuspect ? toStorable(judged.rawCapUsd) : null,
    suspectSessions: isSuspect ? judged.suspectSessions : 0,
    doubt: judged?.doubt ?? null,
    countSince: judged?.countSince ?? null,
    formerCounts: judged?.formerCounts ?? NO_COUNTS,
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
export interface Leaving {
  readonly renamed: ReadonlySet<string>;
  readonly probablyRenamed: ReadonlySet<string>;
}

/** A takeover or a suspension shows in the volume of the last day; after a usual one, the feed has more likely left the symbol out. */
function isAbsent(
  { seenSession, isQuiet }: Security,
  { absentBefore, quietAbsentBefore }: Pick<SymbolPast, 'absentBefore' | 'quietAbsentBefore'>,
): boolean {
  const before = isQuiet ? quietAbsentBefore : absentBefore;
  return before !== null && seenSession !== null && seenSession < before;
}

function findGone({ symbol }: Security, { renamed, probablyRenamed }: Leaving): Exclusion | null {
  if (renamed.size > 0 && renamed.has(symbol)) return 'RENAMED';
  return probablyRenamed.size > 0 && probablyRenamed.has(symbol) ? 'PROBABLY_RENAMED' : null;
}

/** Whole dollars in the range of a bigint column; null for figures outside it. */
function toStorable(figure: number | null): number | null {
  return figure !== null && Math.abs(figure) <= MAX_CAP_USD ? Math.round(figure) : null;
}

/** A host's column may have NaN, infinity or a negative number. */
function isShareCount(shares: number | null): boolean {
  return shares !== null && shares >= 0 && shares <= MAX_CAP_USD;
}

function isPrice(close: number | null): boolean {
  return close !== null && close > 0 && Number.isFinite(close);
}

const NO_COUNTS: readonly FormerCount[] = [];
const NO_FLAGS: readonly string[] = [];
const BAD_PRICE: readonly string[] = ['BAD_PRICE'];
const STALE_PRICE: readonly string[] = ['STALE_PRICE'];

/** Lists are shared where there is nothing to add: a market has 143,000. */
function listFlags(security: Security, session: SessionDate, isSuspect: boolean): readonly string[] {
  const price = flagPrice(security, session);
  const { sharesOutstanding: shares } = security;
  const hasBadShares = shares !== null && !isShareCount(shares);
  if (!isSuspect && !hasBadShares) return price;
  return [...price, ...(hasBadShares ? ['BAD_SHARES'] : []), ...(isSuspect ? ['SUSPECT_CAP'] : [])];
}

function flagPrice({ close, priceSession }: Security, session: SessionDate): readonly string[] {
  if (close === null) return NO_FLAGS;
  if (!isPrice(close)) return BAD_PRICE;
  return priceSession === session ? NO_FLAGS : STALE_PRICE;
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
