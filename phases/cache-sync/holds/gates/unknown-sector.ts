import { formatCount } from '../../../../src/core/format-count.js';
import { formatPercent, isLargeEnough, notMeasured, percentOf, toResult, TOO_SMALL } from '../judge-parts.js';
import type { Gate } from '../gate.js';
import { toUniverseKey } from '../../valuation/stock-groups.js';

/** Percent of eligible stocks without a sector: they would be missing from the universes of every sector. */
export const unknownSector: Gate = {
  id: 'unknown-sector',
  version: 1,
  check: (facts) => {
    const { stocks } = facts.market;
    if (!isLargeEnough(facts) || stocks.length === 0) return [notMeasured('unknown-sector', TOO_SMALL)];
    const unknown = countUnknown(stocks);
    const measured = percentOf(unknown, stocks.length);
    const { maxPct } = facts.config.unknownSector;
    const text = `${formatCount(unknown)} of ${formatCount(stocks.length)} stocks have no sector: ${formatPercent(measured)}`;
    const status = measured > maxPct ? 'hold' : 'pass';
    return [toResult('unknown-sector', [{ status, measured, threshold: maxPct, text }], '')];
  },
};

/** There are few sectors and many stocks: each name is checked once. */
function countUnknown(stocks: readonly { readonly sector: string | null }[]): number {
  const known = new Map<string | null, boolean>([[null, false]]);
  return stocks.filter(({ sector }) => {
    let isKnown = known.get(sector);
    if (isKnown === undefined) known.set(sector, (isKnown = !/^(_*|unknown)$/.test(toUniverseKey(sector ?? ''))));
    return !isKnown;
  }).length;
}
