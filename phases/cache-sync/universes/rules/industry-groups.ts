import type { Stock, StockGroup } from '../../valuation/market.js';
import { toRankLimits } from '../limits.js';
import { listClasses, toPolicy } from '../by-company.js';
import type { UniverseRule } from '../rule.js';
import { compareNames, groupStocks } from '../../valuation/stock-groups.js';

/**
 * The industries with the most stocks, each with its largest ones.
 *
 * Edges: industries of equal size are taken in the order of their names. The largest industries change over time: one that falls out is
 *        replaced by another, and its universe is retired.
 */
export const industryGroups: UniverseRule = {
  id: 'industry-groups',
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type, name }) => type === 'stock_universe' && name === 'industry',
  whenNotSelected: () => ({ reason: 'INDUSTRY_NOT_AMONG_LARGEST', by: 'market' }),
  select(market, config) {
    const { groups, minStocks, size, by } = config.universes.industryGroups;
    const byCompany = listClasses(by, market);
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
        policy: { rule: 'ranking', of: 'industry', value: name, industry: name, size, ...toPolicy(by) },
        members: stocks.slice(0, size),
        ...byCompany,
        limits: toRankLimits(stocks, { of: 'industry', group: key, size }),
        reasons: { added: 'INDUSTRY_RANK_IN', removed: 'INDUSTRY_RANK_OUT' },
        whenEmpty: 'hold',
      }));
  },
};

/** Real feeds have the same industry name under several sectors; the list shows the sector of most of its stocks. */
function mostFrequentSector(stocks: readonly Stock[]): string {
  const [first] = groupStocks(stocks, (stock) => stock.sector).toSorted(compareSizes);
  return first?.name ?? 'Unknown';
}

function compareSizes(left: StockGroup, right: StockGroup): number {
  return right.stocks.length - left.stocks.length || compareNames(left, right);
}
