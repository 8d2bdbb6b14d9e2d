import { expect } from 'chai';
import fc from 'fast-check';
import { marketLeaders } from '../../../../phases/cache-sync/rules/market-leaders.js';
import { configOf, listings, marketOf, symbolsOf } from '../../../support/market.js';

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
});
