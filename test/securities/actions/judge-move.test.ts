import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionDate } from '../../../src/core/session.js';
import { explainsMove, judgeMove, type PriceMove } from '../../../src/securities/actions/judge-move.js';

/** Stored previous close, quoted previous close, close. */
function judge(previousClose: string, quoted: string | null, close: string, parts: Partial<PriceMove> = {}) {
  return judgeMove({
    symbol: 'AAA',
    close,
    previousClose,
    previousSession: '2026-06-29' as SessionDate,
    quotedPreviousClose: quoted,
    isComparable: true,
    absentSessions: 0,
    dollarVolumeRatio: 1,
    ...parts,
  });
}

const gap: Partial<PriceMove> = { isComparable: false };

describe('a move of the price', () => {
  for (const [what, ratio, prices] of [
    ['10:1', [10, 1], ['2412.34', '241.234', '239.5']],
    ['25:1', [25, 1], ['4000', '160', '162.31']],
    ['3:2, to the cent', [3, 2], ['117.72', '78.48', '74.05']],
    ['3:2, when the price rises by a third on the day', [3, 2], ['104.54', '69.6933', '93']],
    ['1:10', [1, 10], ['0.62', '6.2', '6.45']],
    ['1:50, with a stored close that was cut at the fourth decimal', [1, 50], ['0.1483', '7.4193', '5.55']],
    ['1:250, the roundest of those the rounding allows', [1, 250], ['0.004', '1', '0.9']],
    ['1:6.25', [4, 25], ['0.6406', '4.0038', '3.8']],
  ] as const) {
    it(`is a split of ${what}`, () => {
      const [newShares, oldShares] = ratio;

      expect(judge(prices[0], prices[1], prices[2])).to.deep.equal({ kind: 'split', newShares, oldShares });
    });
  }

  it('is a distribution where nothing but a payment lowers the previous close by that', () => {
    expect(judge('76', '53', '53.66')).to.deep.equal({ kind: 'distribution', amountUsd: 23 });
    expect(judge('17.33', '2.66', '2.77')).to.deep.equal({ kind: 'distribution', amountUsd: 14.67 });
  });

  it('is ordinary within a fifth, whatever the day brought', () => {
    expect(judge('100', '99.74', '98')).to.equal(undefined);
    expect(judge('100', '84', '83')).to.equal(undefined);
    expect(judge('100', '100', '35', { dollarVolumeRatio: 9 })).to.equal(undefined);
    expect(judge('2', '2', '0.5')).to.equal(undefined);
  });

  for (const [what, reason, proposal, prices, parts] of [
    ['a ratio that is no split', 'ODD_RATIO', [1, 1.6587], ['4.91', '8.144', '8.09'], {}],
    ['a payment that looks like 3:2 to a thousandth', 'ODD_RATIO', [3, 2], ['67.51', '45', '50.95'], {}],
    ['a split and a dividend on one day', 'ODD_RATIO', [2, 1], ['100', '49.8', '49.5'], {}],
    ['a split that the source did not adjust', 'UNADJUSTED', [4, 1], ['298.99', '298.99', '73.81'], {}],
    ['a change of unit, without any quote', 'UNADJUSTED', [1, 2], ['92.77', null, '188.41'], {}],
    ['a previous close of nothing known', 'CONTRADICTED', null, ['10', '100', '20'], {}],
    ['a split over a missing session', 'GAP', [1, 99], ['0.068', '6.7126', '6.51'], gap],
    ['an absence of weeks', 'GAP', [1, 17], ['0.0646', '0.0646', '1.1'], { isComparable: false, absentSessions: 24 }],
  ] as const) {
    it(`is doubtful with ${what}`, () => {
      const ratio = proposal && { newShares: proposal[0], oldShares: proposal[1] };

      expect(judge(prices[0], prices[1], prices[2], parts)).to.deep.equal({ kind: 'doubt', reason, proposal: ratio });
    });
  }

  it('is none where the row is carried over, or the source quotes what it had before a split', () => {
    expect(judge('22.15', '11', '22.15')).to.equal(undefined);
    expect(judge('31.25', '1.25', '22.7')).to.equal(undefined);
    expect(judge('22.15', '21.43', '23', gap)).to.equal(undefined);
  });

  it('is the split it was made from, at every price and ratio that boards use', () => {
    const ratio = fc.constantFrom([2, 1], [3, 1], [4, 1], [10, 1], [20, 1], [3, 2], [1, 5], [1, 10], [1, 25], [1, 100]);
    fc.assert(
      fc.property(
        ratio,
        fc.integer({ min: 200, max: 500_000 }),
        fc.double({ min: -0.3, max: 0.3, noNaN: true }),
        (parts, cents, change) => {
          const [newShares = 1, oldShares = 1] = parts;
          const previous = cents / 100;
          const adjusted = (previous * oldShares) / newShares;
          if (adjusted < 5) return;
          const close = adjusted * (1 + change);

          const verdict = judge(String(previous), adjusted.toFixed(4), close.toFixed(4));

          expect(verdict).to.deep.equal({ kind: 'split', newShares, oldShares });
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is explained by an action after which the close is nearer to the close before', () => {
    expect(explainsMove({ newShares: 10, oldShares: 1 }, 24, 241)).to.equal(true);
    expect(explainsMove({ newShares: 10, oldShares: 1 }, 240, 241)).to.equal(false);
    expect(explainsMove({ newShares: 1, oldShares: 10 }, 24, 241)).to.equal(false);
  });
});
