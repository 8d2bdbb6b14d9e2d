const MAX_PCT = 30;

/**
 * A gate: warns when more than 30 % of the stocks are below one dollar, which a feed in another currency would be.
 *
 * @type {import('tickstock-daily').Gate}
 */
const pennyStocks = {
  id: 'penny-stocks',
  version: 1,
  check({ market: { stocks } }) {
    const below = stocks.filter(({ close }) => close !== null && close < 1).length;
    const measured = stocks.length === 0 ? 0 : (100 * below) / stocks.length;
    return [
      {
        gate: 'penny-stocks',
        status: measured > MAX_PCT ? 'warn' : 'pass',
        universe: null,
        measured,
        threshold: MAX_PCT,
        message: `${measured.toFixed(1)} % of ${stocks.length} stocks are below one dollar, ${MAX_PCT} % are usual at most`,
      },
    ];
  },
};

export const gates = [pennyStocks];
