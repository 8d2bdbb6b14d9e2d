import type { Stock, StockGroup } from '../../valuation/market.js';
import { toRankLimits } from '../limits.js';
import type { UniverseRule } from '../rule.js';
import { compareNames, groupStocks } from '../../valuation/stock-groups.js';

/**
 * The industries with most stocks, each with its largest ones.
 *
 * Edges: industries of equal size are taken in the order of their names. Which industries are the largest changes over time: one that
 *        falls out gives way to another, and its universe is retired.
 */
export const industryGroups: UniverseRule = {
  id: 'industry-groups',
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type, name }) => type === 'stock_universe' && name === 'industry',
  whenNotSelected: () => ({ reason: 'INDUSTRY_NOT_AMONG_LARGEST' }),
  select(market, config) {
    const { groups, minStocks, size } = config.universes.industryGroups;
    return market.industries
      .filter(({ stocks }) => stocks.length >= minStocks)
      .toSorted(compareSizes)
      .slice(0, groups)
      .map(({ key, name, stocks }) => ({
        type: 'stock_universe',
        name: 'industry',
        key,
        title: name,
        cacheType: 'industry',
        form: { kind: 'industry-list', sector: mostFrequentSector(stocks) },
        policy: { rule: 'ranking', of: 'industry', value: name, industry: name, size },
        members: stocks.slice(0, size),
        limits: toRankLimits(stocks, { of: 'industry', group: key, size }),
        reasons: { added: 'INDUSTRY_RANK_IN', removed: 'INDUSTRY_RANK_OUT' },
        whenEmpty: 'hold',
      }));
  },
};

/** The same industry name stands under several sectors in real feeds; the list shows the one most of its stocks are in. */
function mostFrequentSector(stocks: readonly Stock[]): string {
  const [first] = groupStocks(stocks, (stock) => stock.sector).toSorted(compareSizes);
  return first?.name ?? 'Unknown';
}

function compareSizes(left: StockGroup, right: StockGroup): number {
  return right.stocks.length - left.stocks.length || compareNames(left, right);
}
