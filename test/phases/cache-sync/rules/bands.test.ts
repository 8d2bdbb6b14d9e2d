import { expect } from 'chai';
import { bands } from '../../../../phases/cache-sync/rules/bands.js';
import { configOf, marketOf, selectSymbols } from '../../../support/market.js';

describe('market-cap bands', () => {
  it('hold their lower bound and not their upper one', async () => {
    const market = await marketOf([
      { symbol: 'MEGA', cap: 200_000_000_000 },
      { symbol: 'LARGEMAX', cap: 199_999_999_999 },
      { symbol: 'LARGE', cap: 10_000_000_000 },
      { symbol: 'MIDMAX', cap: 9_999_999_999 },
      { symbol: 'MID', cap: 2_000_000_000 },
      { symbol: 'SMALLMAX', cap: 1_999_999_999 },
      { symbol: 'SMALL', cap: 300_000_000 },
      { symbol: 'MICROMAX', cap: 299_999_999 },
      { symbol: 'MICRO', cap: 50_000_000 },
      { symbol: 'NANO', cap: 49_999_999 },
    ]);

    const selected = selectSymbols(bands, market, configOf());

    expect(selected).to.deep.equal({
      mega_cap: ['MEGA'],
      large_cap: ['LARGEMAX', 'LARGE'],
      mid_cap: ['MIDMAX', 'MID'],
      small_cap: ['SMALLMAX', 'SMALL'],
      micro_cap: ['MICROMAX', 'MICRO'],
    });
  });

  it('have no stock below the lowest and no end above the highest', async () => {
    const market = await marketOf([
      { symbol: 'HUGE', cap: 9e18 },
      { symbol: 'TINY', cap: 1 },
    ]);

    const selected = selectSymbols(bands, market, configOf());

    expect(Object.entries(selected).filter(([, symbols]) => symbols.length > 0)).to.deep.equal([
      ['mega_cap', ['HUGE']],
    ]);
  });

  it('are given from the highest down, whatever order the configuration has them in', async () => {
    const shuffled = configOf({
      universes: {
        bands: [
          { key: 'low', title: 'Low', minUsd: 1 },
          { key: 'high', title: 'High', minUsd: 100 },
          { key: 'middle', title: 'Middle', minUsd: 10 },
        ],
      },
    });

    const universes = bands.select(await marketOf([]), shuffled);

    expect(universes.map(({ key, policy }) => [key, policy])).to.deep.equal([
      ['high', { minUsd: 100, maxUsd: null }],
      ['middle', { minUsd: 10, maxUsd: 100 }],
      ['low', { minUsd: 1, maxUsd: 10 }],
    ]);
  });
});
