import type { SessionDate } from '../../src/core/session.js';
import type { Exclusion, Market, Security, Stock, Valued } from './market.js';

/** The largest value of a PostgreSQL bigint that a JavaScript number can hold without going over. */
const MAX_CAP_USD = 9_223_372_036_854_774_784;

const ELIGIBLE_TYPE = 'CS';

/**
 * Values and ranks every security of a session.
 *
 * Shape:  securities in any order → a market whose stocks are in rank order.
 * Units:  USD. Market cap is close × shares, rounded; else the cap the source reported.
 * Edges:  null, zero and negative caps are excluded (`NO_MARKET_CAP`); a close that is not a positive number counts as none and is flagged
 *         `BAD_PRICE`; one of an earlier session is used and flagged `STALE_PRICE`.
 */
export function valueStocks(securities: Iterable<Security>, session: SessionDate): Market {
  const all = new Map<string, Valued>();
  const stocks: Stock[] = [];
  const etfs: Valued[] = [];
  for (const security of securities) {
    const valued = valueSecurity(security, session);
    all.set(valued.symbol, valued);
    if (isStock(valued)) stocks.push(valued);
    else if (valued.type === 'ETF' && valued.exclusion !== 'NOT_LISTED_YET') etfs.push(valued);
  }
  stocks.sort(compareStocks);
  stocks.forEach((stock, index) => (stock.rank = index + 1));
  etfs.sort((left, right) => (right.dollarVolumeUsd ?? 0) - (left.dollarVolumeUsd ?? 0) || compareSymbols(left, right));
  return { session, stocks, etfs, securities: all };
}

function valueSecurity(security: Security, session: SessionDate): Valued {
  const flags: string[] = [];
  const close =
    security.close !== null && security.close > 0 && Number.isFinite(security.close) ? security.close : null;
  if (close === null && security.close !== null) flags.push('BAD_PRICE');
  if (close !== null && security.priceSession !== session) flags.push('STALE_PRICE');
  const shares = security.sharesOutstanding;
  const computed = close !== null && shares !== null && shares > 0 ? Math.round(close * shares) : null;
  const marketCapUsd = computed ?? security.knownMarketCapUsd;
  return {
    ...security,
    close,
    marketCapUsd,
    dollarVolumeUsd:
      close === null || security.volumeShares === null ? null : Math.round(close * security.volumeShares),
    capSource: computed !== null ? 'close_x_shares' : marketCapUsd !== null ? 'source_market_cap' : 'none',
    exclusion: findExclusion(security, marketCapUsd, session),
    flags,
    rank: null,
  };
}

function findExclusion(security: Security, marketCapUsd: number | null, session: SessionDate): Exclusion | null {
  if (security.listDate !== null && security.listDate > session) return 'NOT_LISTED_YET';
  if (security.type !== ELIGIBLE_TYPE) return 'NOT_COMMON';
  if (marketCapUsd === null || !(marketCapUsd > 0)) return 'NO_MARKET_CAP';
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

/** By code unit, as PostgreSQL's C collation: a locale must not decide who is in a universe. */
export function compareSymbols(left: { symbol: string }, right: { symbol: string }): number {
  return left.symbol < right.symbol ? -1 : left.symbol > right.symbol ? 1 : 0;
}
