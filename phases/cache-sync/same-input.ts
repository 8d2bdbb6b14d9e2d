import type { Market, Security } from './market.js';

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
] as const satisfies readonly (keyof Security)[];

/** What gets a valuation; of all others nobody asks for the market cap. */
const VALUED_TYPES = new Set(['CS', 'ADRC', 'ETF']);

/**
 * Whether two readings of a session's securities, both symbol ascending, come to the same.
 *
 * Edges: who counts as delisted is in neither, whatever a reading lists: `market` is what was valued. A market cap that close × shares
 *        overrules is no input.
 */
export function isSameInput(
  current: readonly Security[],
  recorded: readonly Security[],
  { securities, session }: Pick<Market, 'securities' | 'session'>,
): boolean {
  const known = recorded.filter(({ symbol }) => securities.has(symbol));
  const isDelisted = new Set(recorded.filter(({ symbol }) => !securities.has(symbol)).map(({ symbol }) => symbol));
  const listed = current.filter(({ symbol, priceSession }) => priceSession === session || !isDelisted.has(symbol));
  return (
    listed.length === known.length &&
    listed.every((security, index) => {
      const other = known[index];
      return other !== undefined && isSame(security, other);
    })
  );
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
