import type { Config } from '../../../../src/config/schema/index.js';
import { toRankLimits } from '../limits.js';
import { listClasses, toPolicy } from '../by-company.js';
import type { UniverseRule } from '../rule.js';
import { compareNames } from '../../valuation/stock-groups.js';

/**
 * The largest stocks of each sector.
 *
 * Edges: sectors come from the data; a sector without stocks is held, because sectors do not disappear, unless its stocks have another one. The
 *        size is part of the key: lists of another size are retired.
 */
export const sectorLeaders: UniverseRule = {
  id: 'sector-leaders',
  version: 2,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type, name }) => type === 'stock_universe' && name === 'sector_leaders',
  whenNotSelected: ({ key }, config) =>
    key.startsWith(toPrefix(config)) ? 'hold' : { reason: 'SECTOR_LIST_RESIZED', by: 'configuration' },
  partOf: ({ sectorGroup }) => sectorGroup,
  select(market, config) {
    const { size, by } = config.universes.sectorLeaders;
    const byCompany = listClasses(by, market);
    return market.sectors.toSorted(compareNames).map(({ key, name, stocks }) => ({
      type: 'stock_universe',
      name: 'sector_leaders',
      key: `${toPrefix(config)}${key}`,
      title: `Top ${size} ${name}`,
      cacheType: 'sector',
      form: { kind: 'stock-list' },
      policy: { rule: 'ranking', of: 'sector', value: name, sector: name, size, ...toPolicy(by) },
      members: stocks.slice(0, size),
      ...byCompany,
      limits: toRankLimits(stocks, { of: 'sector', group: key, size }),
      reasons: { added: 'SECTOR_RANK_IN', removed: 'SECTOR_RANK_OUT' },
      whenEmpty: 'hold',
    }));
  },
};

function toPrefix(config: Config): string {
  return `top_${config.universes.sectorLeaders.size}_`;
}
