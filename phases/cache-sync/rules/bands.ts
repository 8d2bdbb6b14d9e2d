import type { Stock } from '../market.js';
import type { UniverseRule } from '../rule.js';

/**
 * Splits stocks into half-open market-cap bands.
 *
 * Shape:  stocks in rank order → one universe a band, market cap descending.
 * Units:  USD; `minUsd` belongs to the band, the next band's `minUsd` does not.
 * Edges:  caps below the lowest band are in none.
 * Source: thresholds from config/universes.yaml.
 */
export const bands: UniverseRule = {
  id: 'bands',
  task: 'market_cap_recalculation',
  owns: ({ type, name }) => type === 'stock_universe' && name === 'market_cap',
  absence: () => ({ reason: 'BAND_REMOVED' }),
  select(market, config) {
    const ascending = config.universes.bands.toSorted((left, right) => left.minUsd - right.minUsd);
    const members = ascending.map((): Stock[] => []);
    let index = ascending.length - 1;
    for (const stock of market.stocks) {
      while (stock.marketCapUsd < (ascending[index]?.minUsd ?? -Infinity)) index -= 1;
      members[index]?.push(stock);
    }
    return ascending
      .map((band, index) => ({
        type: 'stock_universe',
        name: 'market_cap',
        key: band.key,
        title: band.title,
        cacheType: 'market_cap' as const,
        form: { kind: 'stock-list' as const },
        policy: { minUsd: band.minUsd, maxUsd: ascending[index + 1]?.minUsd ?? null },
        members: members[index] ?? [],
        reasons: { added: 'CAP_ENTERED_BAND', removed: 'CAP_LEFT_BAND' },
        whenEmpty: 'hold' as const,
      }))
      .toReversed();
  },
};
