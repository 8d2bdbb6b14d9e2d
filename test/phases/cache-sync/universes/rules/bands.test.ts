import { expect } from 'chai';
import { bands } from '../../../../../phases/cache-sync/universes/rules/bands.js';
import type { ConfigInput } from '../../../../../src/config/schema/index.js';
import { configOf, marketOf, selectSymbols, symbolsOf } from '../../../../support/market.js';
import { withMembers } from '../../../../support/past.js';

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
      ['high', { rule: 'band', minUsd: 100, maxUsd: null }],
      ['middle', { rule: 'band', minUsd: 10, maxUsd: 100 }],
      ['low', { rule: 'band', minUsd: 1, maxUsd: 10 }],
    ]);
  });
});

describe('market-cap bands with a buffer', () => {
  const configured = [
    { key: 'low', title: 'Low', minUsd: 1000 },
    { key: 'middle', title: 'Middle', minUsd: 10_000 },
    { key: 'high', title: 'High', minUsd: 100_000 },
  ];
  const bandedAs = (banding: ConfigInput['universes']['banding']) =>
    configOf({ universes: { bands: configured, banding } });

  it('keep a member until its cap is beyond a limit by more than so many percent, and in no other band meanwhile', async () => {
    const config = bandedAs([{ universe: 'high' }, { universe: 'middle', capPct: 10 }]);
    const market = withMembers(
      await marketOf([
        { symbol: 'UP', cap: 110_000 },
        { symbol: 'UPOVER', cap: 110_001 },
        { symbol: 'NEW', cap: 100_000 },
        { symbol: 'DOWN', cap: 95_000 },
        { symbol: 'DOWNOVER', cap: 94_999 },
        { symbol: 'LOW', cap: 9000 },
        { symbol: 'LOWOVER', cap: 8999 },
      ]),
      { high: { DOWN: 9, DOWNOVER: 9 }, middle: { UP: 9, UPOVER: 9, LOW: 9, LOWOVER: 9 }, low: {} },
    );

    expect(selectSymbols(bands, market, config)).to.deep.equal({
      high: ['UPOVER', 'NEW', 'DOWN'],
      middle: ['UP', 'DOWNOVER', 'LOW'],
      low: ['LOWOVER'],
    });
  });

  it('keep who came in lately whatever its cap, unless it is no stock any more', async () => {
    const config = bandedAs([{ universe: 'high', capPct: 0, minStaySessions: 3 }]);
    const market = withMembers(
      await marketOf([
        { symbol: 'LATELY', cap: 2000 },
        { symbol: 'LONG', cap: 2000 },
        { symbol: 'TYPED', cap: 2000, type: 'ETF' },
      ]),
      { high: { LATELY: 2, LONG: 3, TYPED: 1, GONE: 1 } },
    );

    expect(selectSymbols(bands, market, config)).to.deep.equal({ high: ['LATELY'], middle: [], low: ['LONG'] });
  });

  it('stand beside the strict ones on demand, with members, reasons and parameters of their own', async () => {
    const config = bandedAs([{ universe: 'high', publish: 'both' }]);
    const market = withMembers(await marketOf([{ symbol: 'A', cap: 95_000 }]), { high: {}, high_banded: { A: 9 } });

    const universes = bands.select(market, config);

    expect(universes.map(({ key, title }) => [key, title])).to.deep.equal([
      ['high', 'High'],
      ['high_banded', 'High (banded)'],
      ['middle', 'Middle'],
      ['low', 'Low'],
    ]);
    expect(universes.map(symbolsOf)).to.deep.equal([[], ['A'], ['A'], []]);
    expect(universes.map(({ policy }) => policy['banding'])).to.deep.equal([
      undefined,
      { universe: 'high', publish: 'both', inRatio: 0.9, outRatio: 1.11, capPct: 5, minStaySessions: 0 },
      undefined,
      undefined,
    ]);
    expect(universes.every((universe) => bands.matchesUniverse(universe))).to.equal(true);
  });

  it('say that it was the buffer when a stock leaves the band that its cap is in', async () => {
    // A hold of one universe can leave a stock in two.
    const market = withMembers(await marketOf([{ symbol: 'A', cap: 95_000 }]), { high: { A: 9 }, middle: { A: 1 } });

    const universes = bands.select(market, bandedAs([{ universe: 'high' }]));

    expect(universes.map(({ key, memberReasons }) => [key, memberReasons?.get('A')])).to.deep.equal([
      ['high', undefined],
      ['middle', 'BANDING_OUT'],
      ['low', undefined],
    ]);
  });
});
