import type { UniverseRule } from '../rule.js';

/** The first N stocks by market cap, for each configured N. */
export const marketLeaders: UniverseRule = {
  id: 'market-leaders',
  task: 'market_cap_recalculation',
  owns: ({ type, name }) => type === 'stock_universe' && name === 'market_leaders',
  absence: () => ({ reason: 'RANKING_REMOVED' }),
  select(market, config) {
    return config.universes.rankings.map(({ key, title, size }) => ({
      type: 'stock_universe',
      name: 'market_leaders',
      key,
      title,
      cacheType: 'market_leader',
      form: { kind: 'stock-list' },
      policy: { size },
      members: market.stocks.slice(0, size),
      reasons: { added: 'RANK_IN', removed: 'RANK_OUT' },
      whenEmpty: 'hold',
    }));
  },
};
