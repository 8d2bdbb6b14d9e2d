import type { Market, Valued } from '../market.js';
import type { Universe, UniverseRule } from '../rule.js';

/** Everything there is: all stocks and all ETFs as tickers, and the largest of each in full. */
export const completeLists: UniverseRule = {
  id: 'complete-lists',
  task: 'market_cap_recalculation',
  owns: ({ name }) => name === 'complete',
  absence: () => ({ reason: 'LIST_REMOVED' }),
  select(market: Market, config) {
    const { stocks, etfs } = config.universes.complete;
    return [
      complete('stock_universe', `top_${stocks}`, `Top ${stocks} stocks`, 'stock-list', market.stocks.slice(0, stocks)),
      complete('stock_universe', 'all_stocks', 'All stocks', 'ticker-list', market.stocks),
      complete('etf_universe', `top_${etfs}`, `Top ${etfs} ETFs`, 'etf-list', market.etfs.slice(0, etfs)),
      complete('etf_universe', 'all_etfs', 'All ETFs', 'ticker-list', market.etfs),
    ];
  },
};

function complete(
  type: string,
  key: string,
  title: string,
  form: 'stock-list' | 'ticker-list' | 'etf-list',
  members: readonly Valued[],
): Universe {
  return {
    type,
    name: 'complete',
    key,
    title,
    cacheType: 'complete',
    form: { kind: form },
    policy: {},
    members,
    reasons: { added: 'BECAME_ELIGIBLE', removed: 'LOST_ELIGIBILITY' },
    whenEmpty: 'hold',
  };
}
