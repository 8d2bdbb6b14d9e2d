import type { Security } from '../valuation/market.js';

const FIELDS = [
  'symbol',
  'name',
  'type',
  'exchange',
  'market',
  'sector',
  'industry',
  'sicCode',
  'listDate',
  'sharesOutstanding',
  'etfType',
  'issuer',
  'aumMillions',
  'close',
  'volumeShares',
  'priceSession',
  'quotedPreviousClose',
] as const satisfies readonly (keyof Security)[];

/** What gets a valuation; of all others nobody asks for the market cap. */
const VALUED_TYPES = new Set(['CS', 'ADRC', 'ETF']);

/** Whether two readings of a session's securities, both symbol ascending, come to the same. A market cap that close × shares overrules is no input. */
export function isSameInput(left: readonly Security[], right: readonly Security[]): boolean {
  if (left.length !== right.length) return false;
  return left.every((security, index) => {
    const other = right[index];
    return other !== undefined && isSame(security, other);
  });
}

function isSame(left: Security, right: Security): boolean {
  if (!FIELDS.every((field) => Object.is(left[field], right[field]))) return false;
  return !needsCap(left) || Object.is(left.knownMarketCapUsd, right.knownMarketCapUsd);
}

function needsCap({ type, close, sharesOutstanding }: Security): boolean {
  if (!VALUED_TYPES.has(type ?? '')) return false;
  const isComputed =
    close !== null && close > 0 && Number.isFinite(close) && sharesOutstanding !== null && sharesOutstanding > 0;
  return !isComputed;
}
