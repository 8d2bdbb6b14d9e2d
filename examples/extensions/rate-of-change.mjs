/**
 * An indicator: the change of the close over 20 sessions, in percent, of closes adjusted for splits.
 *
 * @type {import('tickstock-daily').Formula}
 */
const rateOfChange = {
  type: 'roc_20',
  minimumBars: 21,
  lookback: 21,
  compute: (closes) => 100 * (Number(closes.at(-1)) / Number(closes.at(-21)) - 1),
};

export const formulas = [rateOfChange];
