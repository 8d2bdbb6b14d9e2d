import { formatCount } from '../../../../src/core/format-count.js';
import { formatPercent, isLargeEnough, notMeasured, percentOf, toResult, TOO_SMALL } from '../judge-parts.js';
import type { Gate } from '../gate.js';

/** Percent of eligible stocks whose market cap moved far more than their price: a few on any day, many when the figures belong to another session. */
export const suspectCaps: Gate = {
  id: 'suspect-caps',
  version: 1,
  check: (facts) => {
    const { stocks } = facts.market;
    if (!isLargeEnough(facts) || stocks.length === 0) return [notMeasured('suspect-caps', TOO_SMALL)];
    const suspect = stocks.filter(({ flags }) => flags.includes('SUSPECT_CAP')).length;
    const measured = percentOf(suspect, stocks.length);
    const { maxPct } = facts.config.suspectCaps;
    const text = `${formatCount(suspect)} of ${formatCount(stocks.length)} market caps are suspect: ${formatPercent(measured)}`;
    const status = measured > maxPct ? 'hold' : 'pass';
    return [toResult('suspect-caps', [{ status, measured, threshold: maxPct, text }], '')];
  },
};
