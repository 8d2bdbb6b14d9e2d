import { toRankLimits } from '../limits.js';
import type { UniverseRule } from '../rule.js';

/** The largest stocks followed by the core ETFs, in one list. Without stocks it is empty, so that it is held like the stock lists. */
export const combination: UniverseRule = {
  id: 'combination',
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type }) => type === 'stock_etf_combo',
  whenNotSelected: () => 'hold',
  select(market, config) {
    const { stocks, etfs } = config.universes.combination;
    const listed = new Map(market.etfs.map((etf) => [etf.symbol, etf]));
    const coreEtfs = etfs.flatMap((symbol) => listed.get(symbol) ?? []);
    const largest = market.stocks.slice(0, stocks);
    return [
      {
        type: 'stock_etf_combo',
        name: 'stock_etf_test',
        key: 'combo_test',
        title: 'Stocks and core ETFs',
        cacheType: 'combo',
        form: { kind: 'combination', description: `Top ${stocks} stocks and ${etfs.length} core ETFs` },
        policy: { rule: 'combination', stocks, etfs },
        limits: toRankLimits(market.stocks, { of: 'stocks', size: stocks }),
        members: largest.length === 0 ? [] : [...largest, ...coreEtfs],
        reasons: { added: 'COMBINATION_IN', removed: 'COMBINATION_OUT' },
        whenEmpty: 'hold',
      },
    ];
  },
};
