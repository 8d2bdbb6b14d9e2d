import { expect } from 'chai';
import fc from 'fast-check';
import { marketLeaders } from '../../../../../phases/cache-sync/universes/rules/market-leaders.js';
import { configOf, listings, marketOf, symbolsOf } from '../../../../support/market.js';
import { withMembers } from '../../../../support/past.js';

describe('rankings', () => {
  const config = configOf();

  it('cut off exactly at their size, by market cap', async () => {
    const stocks = Array.from({ length: 60 }, (_, index) => ({ symbol: `S${index}`, cap: 1e9 - index }));

    const [top10, top50] = marketLeaders.select(await marketOf(stocks.toReversed()), config);

    expect(symbolsOf(top10)).to.deep.equal(stocks.slice(0, 10).map((stock) => stock.symbol));
    expect(symbolsOf(top50)).to.deep.equal(stocks.slice(0, 50).map((stock) => stock.symbol));
  });

  it('hold every stock there is when there are fewer than their size', async () => {
    const rankings = marketLeaders.select(await marketOf([{ symbol: 'ONLY', cap: 5 }]), config);

    expect(rankings.map((ranking) => ranking.key)).to.deep.equal([
      'top_10_stocks',
      'top_50',
      'top_100',
      'top_250',
      'top_500',
      'top_1000',
      'top_2000',
    ]);
    expect(rankings.map(symbolsOf)).to.deep.equal(Array.from({ length: 7 }, () => ['ONLY']));
  });

  it('break a tie at the cut-off by dollar volume, then by symbol', async () => {
    const one = configOf({ universes: { rankings: [{ key: 'top_2', title: 'Top 2', size: 2 }] } });
    const market = await marketOf([
      { symbol: 'C', cap: 1e9, volume: 100 },
      { symbol: 'B', cap: 1e9, volume: 100 },
      { symbol: 'D', cap: 1e9, volume: 101 },
    ]);

    const [top] = marketLeaders.select(market, one);

    expect(symbolsOf(top)).to.deep.equal(['D', 'B']);
  });

  it('each begin with all of the shorter ones', async () => {
    const sizes = configOf({
      universes: {
        rankings: [1, 3, 5, 8].map((size) => ({ key: `top_${size}`, title: `Top ${size}`, size })),
      },
    });

    await fc.assert(
      fc.asyncProperty(listings(Array.from('ABCDEFGHIJ')), async (market) => {
        const lists = marketLeaders.select(await marketOf(market), sizes).map(symbolsOf);
        lists.slice(1).forEach((longer, index) => {
          expect(longer.slice(0, lists[index]?.length)).to.deep.equal(lists[index]);
        });
      }),
    );
  });

  it('have a buffer where one is configured, in place of the strict one or beside it', async () => {
    const configured = configOf({
      universes: {
        rankings: [
          { key: 'top_2', title: 'Top 2', size: 2 },
          { key: 'top_4', title: 'Top 4', size: 4 },
        ],
        banding: [
          { universe: 'top_2', inRatio: 0.5, outRatio: 2, minStaySessions: 2 },
          { universe: 'top_4', inRatio: 0.5, outRatio: 1.5, publish: 'both' },
        ],
      },
    });
    const stocks = Array.from('ABCDEF', (symbol, index) => ({ symbol, cap: 100 - index }));
    // top_2: in at rank 1, out at 4. top_4: in at rank 2, out at 6.
    const market = withMembers(await marketOf(stocks), {
      top_2: { A: 9, C: 9 },
      top_4: { A: 9, B: 9, C: 9, D: 9 },
      top_4_banded: { A: 9, B: 9, D: 9, F: 9 },
    });

    const universes = marketLeaders.select(market, configured);

    expect(universes.map(({ key, title, members }) => [key, title, symbolsOf({ members })])).to.deep.equal([
      ['top_2', 'Top 2', ['A', 'C']],
      ['top_4', 'Top 4', ['A', 'B', 'C', 'D']],
      ['top_4_banded', 'Top 4 (banded)', ['A', 'B', 'C', 'D']],
    ]);
    expect(universes.map(({ policy }) => policy)).to.deep.equal([
      { rule: 'ranking', of: 'all', size: 2, banding: { inRatio: 0.5, outRatio: 2, minStaySessions: 2 } },
      { rule: 'ranking', of: 'all', size: 4 },
      { rule: 'ranking', of: 'all', size: 4, banding: { inRatio: 0.5, outRatio: 1.5, minStaySessions: 0 } },
    ]);
    expect(universes.every((universe) => marketLeaders.matchesUniverse(universe))).to.equal(true);
  });

  it('name the buffer as the reason only where it decides otherwise than the rank', async () => {
    const configured = configOf({
      universes: {
        rankings: [{ key: 'top_2', title: 'Top 2', size: 2 }],
        banding: [{ universe: 'top_2', inRatio: 0.5, outRatio: 2 }],
      },
    });
    const stocks = Array.from('ABCD', (symbol, index) => ({ symbol, cap: 100 - index }));
    const market = withMembers(await marketOf(stocks), { top_2: { C: 9, D: 9 } });

    const [top] = marketLeaders.select(market, configured);

    expect(symbolsOf(top)).to.deep.equal(['A', 'C']);
    expect([...(top?.memberReasons ?? [])]).to.deep.equal([
      ['C', 'BANDING_IN'],
      ['B', 'BANDING_OUT'],
    ]);
  });
});
