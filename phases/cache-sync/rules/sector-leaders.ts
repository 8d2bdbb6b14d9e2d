import { compareNames, groupStocks, type UniverseRule } from '../rule.js';

/** The largest stocks of each sector. Sectors come from the data; one without stocks is held, because sectors do not disappear. */
export const sectorLeaders: UniverseRule = {
  id: 'sector-leaders',
  owns: ({ type, name }) => type === 'stock_universe' && name === 'sector_leaders',
  absence: 'hold',
  select(market, config) {
    const { size } = config.universes.sectorLeaders;
    return groupStocks(market.stocks, (stock) => stock.sector)
      .toSorted(compareNames)
      .map(({ key, name, stocks }) => ({
        type: 'stock_universe',
        name: 'sector_leaders',
        key: `top_${size}_${key}`,
        title: `Top ${size} ${name}`,
        cacheType: 'sector',
        form: { kind: 'stock-list' },
        policy: { sector: name, size },
        members: stocks.slice(0, size),
        reasons: { added: 'SECTOR_RANK_IN', removed: 'SECTOR_RANK_OUT' },
        whenEmpty: 'hold',
      }));
  },
};
