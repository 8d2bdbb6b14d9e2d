import { expect } from 'chai';
import { withholdDoubtful } from '../../../../phases/cache-sync/holds/withhold-doubtful.js';
import { compareMemberships } from '../../../../phases/cache-sync/membership/compare-memberships.js';
import { RULES } from '../../../../phases/cache-sync/universes/rules/index.js';
import { selectUniverses, toUniverseName } from '../../../../phases/cache-sync/universes/select-universes.js';
import { configOf, marketOf, type Listing } from '../../../support/market.js';
import { open } from '../membership/compare-fixture.js';

const config = configOf({
  universes: {
    rankings: [{ key: 'top_4', title: 'Top 4', size: 4 }],
    bands: [{ key: 'large', title: 'Large', minUsd: 5e9 }],
  },
});

/** Ten stocks, A the largest. */
const MARKET = Array.from('ABCDEFGHIJ').map((symbol, at): Listing => ({ symbol, cap: (10 - at) * 1e9 }));

/** The members and changes of a universe, where the figures of these symbols are in doubt. */
async function publish(key: 'top_4' | 'large', before: string, doubtful: string, gone = '') {
  const market = await marketOf(MARKET);
  const securities = new Map(
    [...market.securities].map(([symbol, security]) => [
      symbol,
      {
        ...security,
        doubt: doubtful.includes(symbol) ? ('SHARE_COUNT' as const) : null,
        exclusion: gone.includes(symbol) ? ('INACTIVE' as const) : security.exclusion,
      },
    ]),
  );
  const name = key === 'large' ? 'market_cap' : 'market_leaders';
  const former = [open('stock_universe', name, key, Array.from(before))];
  const compared = compareMemberships(
    await selectUniverses(RULES, market, config),
    former,
    RULES,
    market,
    config,
    () => false,
  );
  const universe = `stock_universe/${name}/${key}`;
  const { published, changes } = withholdDoubtful(compared, new Set([universe]), { ...market, securities });
  return {
    members: published
      .find((each) => toUniverseName(each) === universe)
      ?.members.map(({ symbol }) => symbol)
      .join(''),
    changes: changes
      .filter((change) => toUniverseName(change.universe) === universe)
      .map(({ symbol, action }) => `${action === 'added' ? '+' : '-'}${symbol}`)
      .toSorted()
      .join(' '),
  };
}

describe('publishing a universe without its changes that are in doubt', () => {
  it('leaves a newcomer out and lets a member keep its place, in the order by rank', async () => {
    expect(await publish('large', 'ABCIJ', 'DJ')).to.deep.equal({ members: 'ABCEFJ', changes: '+E +F -I' });
  });

  it('lets a member go that is delisted, whatever is said of its figures', async () => {
    expect(await publish('large', 'ABCIJ', 'DJ', 'J')).to.deep.equal({ members: 'ABCEF', changes: '+E +F -I -J' });
  });

  it('changes nothing where nothing is in doubt', async () => {
    expect(await publish('large', 'ABCIJ', '')).to.deep.equal({ members: 'ABCDEF', changes: '+D +E +F -I -J' });
  });

  it('keeps the size of a ranking: the best of those that would leave stay', async () => {
    expect(await publish('top_4', 'GHIJ', 'BC')).to.deep.equal({ members: 'ADGH', changes: '+A +D -I -J' });
  });

  it('keeps the size of a ranking: the last of those that would come in wait', async () => {
    expect(await publish('top_4', 'GHIJ', 'IJ')).to.deep.equal({ members: 'ABIJ', changes: '+A +B -G -H' });
  });
});
