import type { Stock } from '../../valuation/market.js';
import type { UniverseRule } from '../rule.js';

/**
 * Figures about the eligible stocks. A universe without members: it only has a row of its own.
 *
 * Edges: without stocks there are no figures, and those of the session before stay.
 */
export const statistics: UniverseRule = {
  id: 'statistics',
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type }) => type === 'stock_stats',
  whenNotSelected: () => 'hold',
  select({ stocks, companies }) {
    if (stocks.length === 0) return [];
    const totalMarketCapUsd = sumCaps(stocks);
    return [
      {
        type: 'stock_stats',
        name: 'universe',
        key: 'summary',
        title: 'Market statistics',
        cacheType: 'stats',
        form: {
          kind: 'statistics',
          statistics: {
            totalStocks: stocks.length,
            uniqueSectors: countDistinct(stocks.map((stock) => stock.sector)),
            uniqueExchanges: countDistinct(stocks.map((stock) => stock.exchange)),
            totalMarketCapUsd,
            averageMarketCapUsd: Math.round(totalMarketCapUsd / stocks.length),
            totalCompanies: companies.length,
            companyMarketCapUsd: sumCaps(companies),
          },
        },
        policy: { rule: 'statistics' },
        members: [],
        reasons: { added: 'COUNTED', removed: 'NOT_COUNTED' },
        whenEmpty: 'allow',
      },
    ];
  },
};

function sumCaps(stocks: readonly Stock[]): number {
  return stocks.reduce((total, stock) => total + stock.marketCapUsd, 0);
}

function countDistinct(values: readonly (string | null)[]): number {
  return new Set(values.filter((value) => value !== null)).size;
}
