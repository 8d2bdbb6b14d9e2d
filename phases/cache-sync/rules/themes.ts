import type { Market, Valued } from '../market.js';
import type { UniverseRule } from '../rule.js';
import { compareStocks } from '../value-stocks.js';

/** Curated lists of config/themes.yaml. Listed symbols that are not active stocks or depositary receipts are left out. */
export const themes: UniverseRule = {
  id: 'themes',
  task: 'theme_rebalancing',
  owns: ({ type, name }) => type === 'stock_universe' && name === 'themes',
  absence: () => ({ reason: 'THEME_REMOVED' }),
  select(market, config) {
    return config.themes.map(({ key, title, symbols }) => ({
      type: 'stock_universe',
      name: 'themes',
      key,
      title,
      cacheType: 'theme',
      form: { kind: 'theme' },
      policy: { symbols: symbols.toSorted() },
      members: findMembers(market, symbols),
      reasons: { added: 'THEME_LISTED', removed: 'THEME_UNLISTED' },
      whenEmpty: 'hold',
    }));
  },
};

const THEME_TYPES = new Set(['CS', 'ADRC']);

function findMembers(market: Market, symbols: readonly string[]): Valued[] {
  const members = new Set<Valued>();
  for (const symbol of symbols) {
    const security = market.securities.get(symbol);
    if (security?.type && THEME_TYPES.has(security.type) && security.exclusion !== 'NOT_LISTED_YET')
      members.add(security);
  }
  return [...members].sort(compareStocks);
}
