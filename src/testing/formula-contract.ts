import assert from 'node:assert/strict';
import { RandomStream } from '../../phases/import/sample-market/random.js';
import { WINDOW_SESSIONS, type Formula } from '../../phases/indicators/formula.js';
import type { Check } from './check.js';

const TOLERANCE = 1e-9;

/** The contract of indicators, on walks of prices and on prices that do not move. */
export function formulaChecks(formula: Formula): readonly Check[] {
  const { type, minimumBars, lookback } = formula;
  const check = (name: string, hold: (closes: Float64Array) => void): Check => ({
    name: `the indicator "${type}" ${name}`,
    // oxlint-disable-next-line require-await -- what does not hold is a rejection
    run: async () => {
      for (const closes of listCloses(minimumBars)) hold(closes);
    },
  });
  return [
    check('has a value from its first number of bars on', (closes) =>
      assert.ok(Number.isFinite(formula.compute(closes))),
    ),
    check('gives the same again, and leaves its input as it is', (closes) => {
      const before = closes.slice();
      const value = formula.compute(closes);
      assert.deepEqual(closes, before);
      assert.equal(formula.compute(before), value);
    }),
    check('depends on no more closes than it says', (closes) => {
      if (!Number.isFinite(lookback) || closes.length <= lookback) return;
      const [all, newest] = [formula.compute(closes), formula.compute(closes.slice(-Math.max(lookback, minimumBars)))];
      const size = Math.max(Math.abs(all), Math.abs(newest), 1);
      assert.ok(Math.abs(all - newest) <= TOLERANCE * size, `${all} of all closes, ${newest} of the last ${lookback}`);
    }),
  ];
}

/** USD, oldest first: walks and flat prices, cheap and dear, as short as allowed and as long as there are. */
function listCloses(minimumBars: number): Float64Array[] {
  const lengths = [...new Set([minimumBars, Math.min(minimumBars + 1, WINDOW_SESSIONS), WINDOW_SESSIONS])];
  return lengths.flatMap((length) =>
    [1e-6, 1, 1e6].flatMap((price) => {
      const random = new RandomStream(length);
      let close = price;
      const walk = Float64Array.from({ length }, () => (close *= Math.exp(0.02 * random.gaussian())));
      return [walk, new Float64Array(length).fill(price)];
    }),
  );
}
