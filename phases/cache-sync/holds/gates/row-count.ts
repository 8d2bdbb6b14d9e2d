import { formatCount } from '../../../../src/core/format-count.js';
import {
  formatPercent,
  isLargeEnough,
  MIN_EXCHANGE,
  notMeasured,
  partsOf,
  percentOf,
  toResult,
  TOO_SMALL,
} from '../judge-parts.js';
import type { Gate } from '../gate.js';

/** Bars of an exchange that may vanish without a word: a listing venue with a few symbols. */
const MIN_VANISHED = 20;

/**
 * Bars of the session against the session before: by how many percent they fell, of the whole feed and of each exchange.
 *
 * Edges: more bars than before are fine; of a small exchange only its vanishing is judged.
 */
export const rowCount: Gate = {
  id: 'row-count',
  version: 1,
  check: (facts) => {
    if (!isLargeEnough(facts)) return [notMeasured('row-count', TOO_SMALL)];
    const { maxFallPct, maxExchangeFallPct } = facts.config.rowCount;
    const parts = partsOf(facts).flatMap(({ label, counts: { bars, previousBars } }) => {
      if (previousBars === null || previousBars < (bars === 0 ? MIN_VANISHED : MIN_EXCHANGE)) return [];
      const measured = Math.max(0, percentOf(previousBars - bars, previousBars));
      const threshold = label === '' ? maxFallPct : maxExchangeFallPct;
      const text =
        `${label && `${label}: `}${formatCount(bars)} bars after ${formatCount(previousBars)}` +
        (measured > 0 ? `, ${formatPercent(measured)} fewer` : '');
      return [{ status: measured > threshold ? ('hold' as const) : ('pass' as const), measured, threshold, text }];
    });
    return [toResult('row-count', parts, 'there is no session before')];
  },
};
