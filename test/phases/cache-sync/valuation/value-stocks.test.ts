import { expect } from 'chai';
import fc from 'fast-check';
import { compareStocks, valueStocks } from '../../../../phases/cache-sync/valuation/value-stocks.js';
import { listings, marketOf, MONDAY, toSecurity, TUESDAY } from '../../../support/market.js';

describe('valuing stocks', () => {
  const valueOf = async (listing: Parameters<typeof toSecurity>[0]) =>
    (await marketOf([listing])).securities.get(listing.symbol);

  it('takes close × shares, rounded to the dollar, before the reported market cap', async () => {
    const valued = await valueOf({ symbol: 'A', close: 12.3456, shares: 1001, cap: 99, volume: 10 });

    // 12.3456 × 1,001 = 12,357.9456; 12.3456 × 10 = 123.456
    expect(valued).to.include({ marketCapUsd: 12358, dollarVolumeUsd: 123, capSource: 'close_x_shares', rank: 1 });
  });

  for (const [why, facts] of [
    ['without shares', { shares: null }],
    ['with no shares', { shares: 0 }],
    ['with negative shares', { shares: -5 }],
    ['without a close', { close: null, shares: 100 }],
    ['with a close that is not a number', { close: 'NaN', shares: 100 }],
    ['with an endless close', { close: 'Infinity', shares: 100 }],
    ['with a negative close', { close: -1, shares: 100 }],
    ['with a close of zero', { close: 0, shares: 100 }],
  ] as const) {
    it(`takes the reported market cap for a stock ${why}`, async () => {
      expect(await valueOf({ symbol: 'A', cap: 99, ...facts })).to.include({
        marketCapUsd: 99,
        capSource: 'source_market_cap',
        exclusion: null,
      });
    });
  }

  for (const [why, facts, exclusion] of [
    ['without a market cap', { cap: null }, 'NO_MARKET_CAP'],
    ['with a market cap of zero', { cap: 0 }, 'NO_MARKET_CAP'],
    ['with a negative market cap', { cap: -1 }, 'NO_MARKET_CAP'],
    ['whose market cap is not a number', { cap: Number.NaN }, 'NO_MARKET_CAP'],
    ['too large for the database', { close: 1e6, shares: 1e14 }, 'MARKET_CAP_OUT_OF_RANGE'],
    ['of another type', { cap: 1, type: 'PFD' }, 'NOT_COMMON'],
    ['of no known type', { cap: 1, type: null }, 'NOT_COMMON'],
    ['listed from the next day on', { cap: 1, listDate: TUESDAY }, 'NOT_LISTED_YET'],
  ] as const) {
    it(`excludes a security ${why}`, async () => {
      const market = await marketOf([{ symbol: 'A', ...facts }]);

      expect(market.stocks).to.deep.equal([]);
      expect(market.securities.get('A')).to.include({ exclusion, rank: null });
    });
  }

  it('flags a close that is no price, and one of an earlier session', async () => {
    const market = await valueStocks(
      [
        toSecurity({ symbol: 'BAD', close: 'NaN' }, TUESDAY),
        toSecurity({ symbol: 'STALE' }, MONDAY),
        toSecurity({ symbol: 'GOOD' }, TUESDAY),
        toSecurity({ symbol: 'NONE', close: null }, TUESDAY),
      ],
      TUESDAY,
    );

    const flags = [...market.securities.values()].map((security) => [security.symbol, security.flags]);

    expect(Object.fromEntries(flags)).to.deep.equal({ BAD: ['BAD_PRICE'], STALE: ['STALE_PRICE'], GOOD: [], NONE: [] });
  });

  it('ranks by market cap, then dollar volume, then symbol by code unit', async () => {
    const market = await marketOf([
      { symbol: 'b', cap: 10, volume: 1 },
      { symbol: 'B', cap: 10, volume: 1 },
      { symbol: 'É', cap: 10, volume: 1 },
      { symbol: 'Z', cap: 10, volume: 2 },
      { symbol: 'NOBAR', cap: 10, close: null },
      { symbol: 'TOP', cap: 11, volume: 0 },
    ]);

    expect(market.stocks.map((stock) => stock.symbol)).to.deep.equal(['TOP', 'Z', 'B', 'b', 'É', 'NOBAR']);
    expect(market.stocks.map((stock) => stock.rank)).to.deep.equal([1, 2, 3, 4, 5, 6]);
  });

  it('gives a total order: the same market whatever the order of the rows, no two stocks equal', async () => {
    const shuffled = listings(Array.from('ABCDEFGHIJKLMNOP')).chain((market) =>
      fc.tuple(fc.constant(market), fc.shuffledSubarray(market, { minLength: market.length })),
    );

    await fc.assert(
      fc.asyncProperty(shuffled, async ([market, reordered]) => {
        const [first, second] = [await marketOf(market), await marketOf(reordered)];
        expect(second.stocks).to.deep.equal(first.stocks);
        expect(second.etfs).to.deep.equal(first.etfs);
        first.stocks.slice(1).forEach((stock, index) => {
          expect(compareStocks(first.stocks[index] ?? stock, stock)).to.be.below(0);
        });
      }),
    );
  });

  it('ranks thousands as it ranks a few, whatever pauses it makes', async () => {
    // 3,001 is prime: the market caps are 1 to 3,000, each once.
    const caps = Array.from({ length: 3000 }, (_, index) => ((index + 1) * 7919) % 3001);
    const securities = caps.map((cap, index) =>
      toSecurity({ symbol: `S${cap}`, cap, type: index % 50 === 0 ? 'ETF' : 'CS', volume: cap }, MONDAY),
    );

    const { stocks, etfs } = await valueStocks(securities, MONDAY);

    const funds = caps.filter((_, index) => index % 50 === 0).toSorted((left, right) => right - left);
    const others = Array.from({ length: 3000 }, (_, index) => 3000 - index).filter((cap) => !funds.includes(cap));
    expect(stocks.map((stock) => stock.symbol)).to.deep.equal(others.map((cap) => `S${cap}`));
    expect(stocks.at(-1)?.rank).to.equal(2940);
    expect(etfs.map((etf) => etf.symbol)).to.deep.equal(funds.map((cap) => `S${cap}`));
  });
});
