import type { Market, Valued } from '../../valuation/market.js';
import { toRankLimits } from '../limits.js';
import type { Universe, UniverseRule } from '../rule.js';

/** The complete lists: all stocks and all ETFs as tickers, and the largest of each with details. */
export const completeLists: UniverseRule = {
  id: 'complete-lists',
  version: 2,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ name }) => name === 'complete',
  whenNotSelected: () => ({ reason: 'LIST_REMOVED', by: 'configuration' }),
  select(market: Market, config) {
    const { stocks, etfs } = config.universes.complete;
    return [
      complete('stocks', stocks, `top_${stocks}`, `Top ${stocks} stocks`, market.stocks),
      complete('stocks', null, 'all_stocks', 'All stocks', market.stocks),
      complete('etfs', etfs, `top_${etfs}`, `Top ${etfs} ETFs`, market.etfs),
      complete('etfs', null, 'all_etfs', 'All ETFs', market.etfs),
    ];
  },
};

/** With details, `size` of them; or, when that is null, all of them as tickers. */
function complete(
  of: 'stocks' | 'etfs',
  size: number | null,
  key: string,
  title: string,
  ranked: readonly Valued[],
): Universe {
  const fullForm = of === 'stocks' ? 'stock-list' : 'etf-list';
  return {
    type: of === 'stocks' ? 'stock_universe' : 'etf_universe',
    name: 'complete',
    key,
    title,
    cacheType: 'complete',
    form: { kind: size === null ? 'ticker-list' : fullForm },
    policy: { rule: 'complete', of, size },
    members: size === null ? ranked : ranked.slice(0, size),
    ...(size !== null && { limits: toRankLimits(ranked, { of, size }) }),
    reasons: { added: 'BECAME_ELIGIBLE', removed: 'LOST_ELIGIBILITY' },
    whenEmpty: 'hold',
  };
}
