import { countBy } from '../../../src/core/count-by.js';
import { formatCount } from '../../../src/core/format-count.js';
import { isGone, type Exclusion, type Market } from '../valuation/market.js';

/** Fewer eligible ones than this share of the listed stocks: most likely a column that the host leaves empty. */
const MIN_ELIGIBLE = 0.5;

/** What makes a security eligible, by why it is not. */
const NEEDED: Partial<Record<Exclusion, string>> = {
  NOT_COMMON: 'are not common stock by symbols.type, which is CS for one',
  NO_MARKET_CAP:
    'have no market cap: symbols.market_cap in USD, or symbols.weighted_shares_outstanding, which is multiplied by the close',
  STALE_PRICE: 'have no recent close in ohlcv_daily',
};

/** A warning with the columns that matter when few of the listed securities are eligible; none in a market without any. */
export function describeEligibility({ securities, stocks }: Pick<Market, 'securities' | 'stocks'>): string[] {
  const listed = [...securities.values()].filter((security) => !isGone(security));
  const common = listed.filter(({ exclusion }) => exclusion !== 'NOT_COMMON');
  const expected = common.length > 0 ? common : listed;
  if (expected.length === 0 || stocks.length >= MIN_ELIGIBLE * expected.length) return [];
  const counted = Object.entries(countBy(expected.map(({ exclusion }) => exclusion)));
  const reasons = counted
    .toSorted(([, left], [, right]) => right - left)
    .flatMap(([exclusion, count]) => {
      const needed = NEEDED[exclusion as Exclusion];
      return needed === undefined ? [] : [`${formatCount(count)} ${needed}`];
    });
  const what = common.length > 0 ? 'stocks' : 'securities';
  return [
    `${formatCount(stocks.length)} of ${formatCount(expected.length)} ${what} are eligible; ${reasons.join('; ')}`,
  ];
}

const NAMED_AT_MOST = 10;

/** Warnings that name the symbols with figures that a host can store and nothing can use, such as NaN. */
export function describeUnusable({ securities }: Pick<Market, 'securities'>): string[] {
  const all = [...securities.values()].filter((security) => !isGone(security));
  const name = (what: string, symbols: readonly string[]): string[] => {
    if (symbols.length === 0) return [];
    const more = symbols.length > NAMED_AT_MOST ? ` and ${symbols.length - NAMED_AT_MOST} more` : '';
    return [`${what}: ${symbols.slice(0, NAMED_AT_MOST).join(', ')}${more}`];
  };
  const flagged = (flag: string): string[] =>
    all.filter(({ flags }) => flags.includes(flag)).map(({ symbol }) => symbol);
  const tooLarge = all.filter(({ exclusion }) => exclusion === 'MARKET_CAP_OUT_OF_RANGE').map(({ symbol }) => symbol);
  return [
    ...name('weighted_shares_outstanding is not a usable number and counts as unknown', flagged('BAD_SHARES')),
    ...name('the close is not a positive number and counts as unknown', flagged('BAD_PRICE')),
    ...name('the market cap exceeds the supported range, so the stock is not ranked', tooLarge),
  ];
}
