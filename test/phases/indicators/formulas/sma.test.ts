import { expect } from 'chai';
import fc from 'fast-check';
import { SMA } from 'trading-signals';
import { sma } from '../../../../phases/indicators/formulas/sma.js';
import { walks } from '../walks.js';

describe('sma', () => {
  it('is the mean of the newest closes, older ones left out', () => {
    const closes = Float64Array.of(1000, 2, 3, 7);

    expect(sma(3).compute(closes)).to.equal(4);
  });

  it('names its type after the period, which is also the bars it needs', () => {
    expect(sma(200)).to.include({ type: 'sma_200', minimumBars: 200 });
  });

  it('agrees with trading-signals on any walk of prices', () => {
    fc.assert(
      fc.property(walks(20, 260), (closes) => {
        const reference = new SMA(20);
        reference.updates([...closes], false);

        expect(sma(20).compute(closes) / reference.getResultOrThrow()).to.be.closeTo(1, 1e-12);
      }),
    );
  });
});
