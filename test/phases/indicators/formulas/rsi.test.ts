import { expect } from 'chai';
import fc from 'fast-check';
import { RSI, WSMA } from 'trading-signals';
import { WINDOW_SESSIONS } from '../../../../phases/indicators/formula.js';
import { rsi } from '../../../../phases/indicators/formulas/rsi.js';
import { walks } from '../walks.js';

/** Closes of QQQQ and the values that StockCharts' ChartSchool publishes for them, to two decimals, from the 15th close on. */
const CHART_SCHOOL_CLOSES = [
  44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.614,
  46.282, 46.282, 46.0028, 46.0328, 46.4116, 46.2222, 45.6439, 46.2122, 46.2521, 45.7137, 46.4515, 45.7835, 45.3548,
  44.0288, 44.1783, 44.2181, 44.5672, 43.4205, 42.6628, 43.1314,
];
const CHART_SCHOOL_RSI = [
  70.53, 66.32, 66.55, 69.41, 66.36, 57.97, 62.93, 63.26, 56.06, 62.38, 54.71, 50.42, 39.99, 41.46, 41.87, 45.46, 37.3,
  33.08, 37.77,
];

describe('rsi', () => {
  const rsi14 = rsi(14);

  it('starts with plain averages: seven rises and seven falls of one dollar give 50', () => {
    const closes = toCloses(100, [1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1]);

    expect(rsi14.compute(closes)).to.be.closeTo(50, 1e-9);
  });

  it('smooths as Wilder does: one more rise of a dollar makes the gains (0.5 × 13 + 1) / 14 and the losses 6.5 / 14', () => {
    const closes = toCloses(100, [1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1]);

    expect(rsi14.compute(closes)).to.be.closeTo((100 * 7.5) / 14, 1e-9);
  });

  it('gives the published values of the ChartSchool example', () => {
    for (const [index, expected] of CHART_SCHOOL_RSI.entries()) {
      const closes = Float64Array.from(CHART_SCHOOL_CLOSES.slice(0, 15 + index));

      expect(rsi14.compute(closes), `close ${15 + index}`).to.be.closeTo(expected, 0.0051);
    }
  });

  it('is 0 when closes only fell, 100 when they never fell, moved or not', () => {
    const falling = toCloses(
      100,
      Array.from({ length: 20 }, () => -1),
    );
    const rising = toCloses(
      100,
      Array.from({ length: 20 }, () => 1),
    );
    const resting = toCloses(
      100,
      Array.from({ length: 20 }, () => 0),
    );

    expect([falling, rising, resting].map((closes) => rsi14.compute(closes))).to.deep.equal([0, 100, 100]);
  });

  it('agrees with trading-signals, smoothed by Wilder, on any walk of prices', () => {
    fc.assert(
      fc.property(walks(15, 260), (closes) => {
        const reference = new RSI(14, WSMA);
        reference.updates([...closes], false);

        expect(rsi14.compute(closes)).to.be.closeTo(reference.getResultOrThrow(), 1e-9);
      }),
    );
  });

  it('does not depend on what lies before the window', () => {
    fc.assert(
      fc.property(walks(2 * WINDOW_SESSIONS, 2 * WINDOW_SESSIONS), (closes) => {
        const whole = rsi14.compute(closes);
        const windowed = rsi14.compute(closes.subarray(-WINDOW_SESSIONS));

        expect(windowed).to.be.closeTo(whole, 1e-4);
      }),
    );
  });
});

function toCloses(first: number, changes: readonly number[]): Float64Array {
  const closes = [first];
  for (const change of changes) closes.push((closes.at(-1) ?? first) + change);
  return Float64Array.from(closes);
}
