import { expect } from 'chai';
import { describeEligibility } from '../../../../phases/cache-sync/publish/describe-eligibility.js';
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
