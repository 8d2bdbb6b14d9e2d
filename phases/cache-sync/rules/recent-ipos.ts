import { Temporal } from 'temporal-polyfill';
import type { UniverseRule } from '../rule.js';

/** Stocks listed within the last days, the session included. There can be none: then the universe is empty, not held. */
export const recentIpos: UniverseRule = {
  id: 'recent-ipos',
  task: 'ipo_universe_assignment',
  owns: ({ type, name }) => type === 'stock_universe' && name === 'ipo',
  absence: () => 'hold',
  select(market, config) {
    const { days } = config.universes.recentIpos;
    const earliest = Temporal.PlainDate.from(market.session).subtract({ days }).toString();
    return [
      {
        type: 'stock_universe',
        name: 'ipo',
        key: 'recent_ipos',
        title: 'Recent IPOs',
        cacheType: 'ipo',
        form: { kind: 'stock-list' },
        policy: { days },
        members: market.stocks.filter((stock) => stock.listDate !== null && stock.listDate >= earliest),
        reasons: { added: 'IPO_LISTED', removed: 'IPO_SEASONED' },
        whenEmpty: market.stocks.length === 0 ? 'hold' : 'fact',
      },
    ];
  },
};
