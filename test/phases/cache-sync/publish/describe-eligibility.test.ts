import { expect } from 'chai';
import { describeEligibility, describeUnusable } from '../../../../phases/cache-sync/publish/describe-eligibility.js';
import { marketOf, type Listing } from '../../../support/market.js';

const of = (count: number, listing: Partial<Listing>): Listing[] =>
  Array.from({ length: count }, (_, at): Listing => ({ symbol: `${listing.sector ?? 'S'}${at}`, ...listing }));

describe('a market with few eligible stocks', () => {
  it('is told which columns have no market caps', async () => {
    const warnings = describeEligibility(await marketOf(of(1200, { cap: null })));

    expect(warnings).to.deep.equal([
      '0 of 1,200 stocks are eligible; 1,200 have no market cap: symbols.market_cap in USD, or symbols.weighted_shares_outstanding, which is multiplied by the close',
    ]);
  });

  it('is told when no security is common stock', async () => {
    const warnings = describeEligibility(await marketOf(of(3, { type: null, cap: 1e9 })));

    expect(warnings).to.deep.equal([
      '0 of 3 securities are eligible; 3 are not common stock by symbols.type, which is CS for one',
    ]);
  });

  it('is told nothing while half of the stocks are eligible, whatever else is listed, or nothing is', async () => {
    const half = [...of(2, { cap: 1e9, sector: 'A' }), ...of(2, { cap: null }), ...of(9, { type: 'SP', sector: 'P' })];

    expect(describeEligibility(await marketOf(half))).to.deep.equal([]);
    expect(describeEligibility(await marketOf([...half, { symbol: 'ONE', cap: 0 }]))).to.have.lengthOf(1);
    expect(describeEligibility(await marketOf([]))).to.deep.equal([]);
  });
});

describe('a market with figures that nothing can use', () => {
  it('is valued without them, and the symbols are named', async () => {
    const market = await marketOf([
      { symbol: 'NAN', shares: 'NaN', cap: 1e9 },
      { symbol: 'INF', shares: 'Infinity', cap: 2e9 },
      { symbol: 'MINUS', shares: -5, cap: 3e9 },
      { symbol: 'HUGE', cap: '10000000000000000000' },
      { symbol: 'BAD', close: 'NaN', cap: 4e9 },
      { symbol: 'GOOD', shares: 0, cap: 5e9 },
    ]);

    expect(describeUnusable(market)).to.deep.equal([
      'weighted_shares_outstanding is not a usable number and counts as unknown: NAN, INF, MINUS',
      'the close is not a positive number and counts as unknown: BAD',
      'the market cap exceeds the supported range, so the stock is not ranked: HUGE',
    ]);
    expect(market.stocks.map(({ symbol }) => symbol)).to.deep.equal(['GOOD', 'BAD', 'MINUS', 'INF', 'NAN']);
  });
});
