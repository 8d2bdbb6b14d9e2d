import type { Formula } from '../formula.js';

/** Simple moving average: the mean of the newest `period` closes, in USD. */
export function sma(period: number): Formula {
  return {
    type: `sma_${period}`,
    minimumBars: period,
    lookback: period,
    compute: (closes) => {
      let sum = 0;
      for (const close of closes.subarray(closes.length - period)) sum += close;
      return sum / period;
    },
  };
}
