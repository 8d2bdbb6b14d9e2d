import { expect } from 'chai';
import type { CloseSeries } from '../../../src/securities/closes/close-window.js';
import { computeIndicators } from '../../../phases/indicators/compute-indicators.js';
import type { Formula } from '../../../phases/indicators/formula.js';
import { rsi } from '../../../phases/indicators/formulas/rsi.js';
import { sma } from '../../../phases/indicators/formulas/sma.js';
import type { SessionDate } from '../../../src/core/session.js';

const throwing: Formula = {
  type: 'broken_3',
  minimumBars: 3,
  lookback: 3,
  compute: () => {
    throw new Error('no root');
  },
};
const infinite: Formula = { type: 'ratio_3', minimumBars: 3, lookback: 3, compute: () => Infinity };

describe('computing the indicators of one symbol', () => {
  it('rounds to six decimals', () => {
    const result = computeIndicators(seriesOf([1, 1, 2]), [sma(3)]);

    expect(result).to.deep.equal({ kind: 'values', values: new Map([['sma_3', 1.333333]]) });
  });

  it('leaves out what there are too few bars for', () => {
    const result = computeIndicators(seriesOf([1, 1, 2]), [sma(3), sma(4)]);

    expect(result).to.deep.equal({ kind: 'values', values: new Map([['sma_3', 1.333333]]) });
  });

  it('fails with the defect of the closes', () => {
    const series = { ...seriesOf([1, 0, 2]), defect: 'the close of 2026-06-29 is 0' };

    const result = computeIndicators(series, [sma(3)]);

    expect(result).to.deep.equal({ kind: 'failure', reason: 'the close of 2026-06-29 is 0' });
  });

  it('fails with the words of a formula that throws, without the values of the others', () => {
    const result = computeIndicators(seriesOf([1, 1, 2]), [sma(3), throwing]);

    expect(result).to.deep.equal({ kind: 'failure', reason: 'broken_3: no root' });
  });

  it('does not ask a formula that there are too few bars for, so that it cannot fail', () => {
    const result = computeIndicators(seriesOf([1, 1]), [sma(2), throwing]);

    expect(result).to.deep.equal({ kind: 'values', values: new Map([['sma_2', 1]]) });
  });

  it('withholds the values that an unexplained move of the price would enter, and no others', () => {
    const doubt = { session: '2026-06-29' as SessionDate, exception: 7, bars: 2 };

    const result = computeIndicators({ ...seriesOf([40, 40, 10, 11]), doubt }, [sma(2), sma(3), rsi(2)]);

    expect(result).to.deep.equal({
      kind: 'values',
      values: new Map([
        ['sma_2', 10.5],
        ['sma_3', null],
        ['rsi_2', null],
      ]),
    });
  });

  it('fails when a value is not a finite number', () => {
    const result = computeIndicators(seriesOf([1, 1, 2]), [infinite]);

    expect(result).to.deep.equal({ kind: 'failure', reason: 'ratio_3 is Infinity' });
  });
});

function seriesOf(closes: readonly number[]): CloseSeries {
  return {
    symbol: 'AAA',
    closes: Float64Array.from(closes),
    priceSession: '2026-06-30' as SessionDate,
    defect: null,
    doubt: null,
  };
}
