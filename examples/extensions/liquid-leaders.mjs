/**
 * A rule: the stocks with the highest dollar volume of the session, as a universe of their own.
 *
 * @type {import('tickstock-daily').UniverseRule}
 */
const liquidLeaders = {
  id: 'liquid-leaders',
  // Raised with every change of what is selected: published sessions are then computed again.
  version: 1,
  task: 'market_cap_recalculation',
  matchesUniverse: ({ type, name }) => type === 'stock_universe' && name === 'liquid_leaders',
  whenNotSelected: () => ({ reason: 'LIST_REMOVED', by: 'configuration' }),
  select({ stocks }) {
    const size = 25;
    const members = stocks
      .filter(({ dollarVolumeUsd }) => dollarVolumeUsd !== null)
      .toSorted((left, right) => Number(right.dollarVolumeUsd) - Number(left.dollarVolumeUsd))
      .slice(0, size);
    return [
      {
        type: 'stock_universe',
        name: 'liquid_leaders',
        key: 'top_25_liquid',
        title: 'Top 25 by dollar volume',
        cacheType: 'market_leader',
        form: { kind: 'stock-list' },
        policy: { rule: 'liquid-leaders', size },
        members,
        reasons: { added: 'LIQUID_IN', removed: 'LIQUID_OUT' },
        // No stock at all is bad data: the members of the session before are kept.
        whenEmpty: 'hold',
      },
    ];
  },
};

export const rules = [liquidLeaders];
