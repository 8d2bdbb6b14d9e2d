import type { SessionDate } from '../core/session.js';
import type { Market, Security } from '../../phases/cache-sync/valuation/market.js';
import { valueStocks } from '../../phases/cache-sync/valuation/value-stocks.js';
import { RandomStream } from '../../phases/import/sample-market/random.js';

const MARKETS = 25;
const SYMBOLS = [...Array.from('ABCDEFGHIJKLMNOP'), 'SPY', 'QQQ', 'NVDA', 'TSM'];
const SESSION = '2026-06-22' as SessionDate;

/**
 * Lists of securities for contracts: the same on every machine, small, and full of ties; few caps, few sectors, some of everything that
 * excludes a stock. The last one is empty.
 */
export function randomMarkets(): readonly (readonly Security[])[] {
  const lists = Array.from({ length: MARKETS }, (_, seed) => {
    const random = new RandomStream(seed + 1);
    return SYMBOLS.filter(() => random.uniform() < 0.8).map((symbol) => toSecurity(symbol, random));
  });
  return [...lists, []];
}

/** The market of the securities, valued and ranked as a session's. */
export function valueMarket(securities: readonly Security[]): Promise<Market> {
  return valueStocks(securities, SESSION, {});
}

function toSecurity(symbol: string, random: RandomStream): Security {
  const close = random.pick([null, 2, 10, 10, 50]);
  const session = close === null ? null : SESSION;
  return {
    symbol,
    name: random.pick([null, `${symbol} Inc.`, `${symbol} Growth "Fund", \\ Ünï`]),
    type: random.pick(['CS', 'CS', 'CS', 'CS', 'ADRC', 'ETF', 'WARRANT']),
    exchange: random.pick(['NYSE', 'NASDAQ']),
    market: null,
    sector: random.pick([null, 'Technology', 'Energy']),
    industry: random.pick([null, 'Oil & Gas', 'Software', 'Banks']),
    sicCode: null,
    listDate: random.pick([null, '2020-01-02', '2026-06-12', '2026-06-24']),
    sharesOutstanding: random.pick([null, 1e6, 50e6]),
    etfType: null,
    issuer: null,
    aumMillions: random.pick([null, 100, 2000]),
    close,
    volumeShares: close === null ? null : random.pick([0, 100, 100, 5000]),
    priceSession: session,
    seenSession: session,
    isQuiet: false,
    quotedPreviousClose: null,
    quotedMarketCapUsd: random.pick([null, 0, 40e6, 60e6, 300e6, 2e9, 2e9, 10e9, 250e9]),
    isCapWithdrawn: false,
  };
}
