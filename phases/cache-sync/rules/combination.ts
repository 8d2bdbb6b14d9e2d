import type { UniverseRule } from '../rule.js';

/** The largest stocks followed by the core ETFs, in one list. */
export const combination: UniverseRule = {
  id: 'combination',
  owns: ({ type }) => type === 'stock_etf_combo',
  absence: 'hold',
  select(market, config) {
    const { stocks, etfs } = config.universes.combination;
    const coreEtfs = etfs.flatMap((symbol) => market.securities.get(symbol) ?? []).filter((etf) => etf.type === 'ETF');
    return [
      {
        type: 'stock_etf_combo',
        name: 'stock_etf_test',
        key: 'combo_test',
        title: 'Stocks and core ETFs',
        cacheType: 'combo',
        form: { kind: 'combination', description: `Top ${stocks} stocks and ${etfs.length} core ETFs` },
        policy: { stocks, etfs },
        members: [...market.stocks.slice(0, stocks), ...new Set(coreEtfs)],
        reasons: { added: 'COMBINATION_IN', removed: 'COMBINATION_OUT' },
        whenEmpty: 'hold',
      },
    ];
  },
};
