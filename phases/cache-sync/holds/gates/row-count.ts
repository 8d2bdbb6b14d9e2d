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

/** Bars of an exchange that may be missing without a finding: a listing venue with a few symbols. */
const MIN_VANISHED = 20;

/**
 * Decrease of the number of bars since the previous session that is not held in percent, of the whole feed and of each exchange.
 *
 * Edges: an increase always passes; a small exchange is judged only when it is missing altogether.
 */
export const rowCount: Gate = {
  id: 'row-count',
  version: 2,
  check: (facts) => {
    if (!isLargeEnough(facts)) return [notMeasured('row-count', TOO_SMALL)];
    const { maxFallPct, maxExchangeFallPct } = facts.config.rowCount;
    const { wasPreviousHeld, trustedBars } = facts.measures;
    const parts = partsOf(facts).flatMap(({ label, counts: { exchange, bars, previousBars: delivered } }) => {
      const previousBars = (wasPreviousHeld ? trustedBars.get(exchange) : null) ?? delivered;
      if (previousBars === null || previousBars < (bars === 0 ? MIN_VANISHED : MIN_EXCHANGE)) return [];
      const measured = Math.max(0, percentOf(previousBars - bars, previousBars));
      const threshold = label === '' ? maxFallPct : maxExchangeFallPct;
      const text =
        `${label && `${label}: `}${formatCount(bars)} bars after ${formatCount(previousBars)}` +
        (measured > 0 ? `, ${formatPercent(measured)} fewer` : '');
      return [{ status: measured > threshold ? ('hold' as const) : ('pass' as const), measured, threshold, text }];
    });
    return [toResult('row-count', parts, 'there is no previous session')];
  },
};
