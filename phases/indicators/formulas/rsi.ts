import type { Formula } from '../formula.js';

/**
 * Relative strength index, 0 to 100.
 *
 * Edges:  closes that never fell give 100, also when they never moved (as TradingView and `trading-signals` do).
 * Source: J. Welles Wilder, New Concepts in Technical Trading Systems (1978): the first averages are the plain means of `period` gains and
 *         losses, each later one takes 1/period of the newest.
 */
export function rsi(period: number): Formula {
  return {
    type: `rsi_${period}`,
    minimumBars: period + 1,
    lookback: Infinity,
    compute: (closes) => {
      let [averageGain, averageLoss] = [0, 0];
      for (let bar = 1; bar < closes.length; bar += 1) {
        const change = (closes[bar] ?? NaN) - (closes[bar - 1] ?? NaN);
        // Until the first averages are complete, earlier changes keep their weight.
        const kept = bar <= period ? 1 : (period - 1) / period;
        averageGain = averageGain * kept + Math.max(change, 0) / period;
        averageLoss = averageLoss * kept + Math.max(-change, 0) / period;
      }
      return averageLoss === 0 ? 100 : 100 - 100 / (1 + averageGain / averageLoss);
    },
  };
}
