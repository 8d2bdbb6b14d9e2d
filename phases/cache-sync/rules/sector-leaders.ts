import { groupStocks, toUniverseKey, type UniverseRule } from '../rule.js';

/** The largest stocks of each sector. Sectors come from the data; one without stocks is held, because sectors do not disappear. */
export const sectorLeaders: UniverseRule = {
  id: 'sector-leaders',
  owns: ({ type, name }) => type === 'stock_universe' && name === 'sector_leaders',
  absence: 'hold',
  select(market, config) {
    const { size } = config.universes.sectorLeaders;
    const sectors = groupStocks(market.stocks, (stock) => stock.sector);
    return [...sectors]
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([sector, stocks]) => ({
        type: 'stock_universe',
        name: 'sector_leaders',
        key: `top_${size}_${toUniverseKey(sector)}`,
        title: `Top ${size} ${sector}`,
        cacheType: 'sector',
        form: { kind: 'stock-list' },
        policy: { sector, size },
        members: stocks.slice(0, size),
        reasons: { added: 'SECTOR_RANK_IN', removed: 'SECTOR_RANK_OUT' },
        whenEmpty: 'hold',
      }));
  },
};
