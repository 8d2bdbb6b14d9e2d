import { formatCount } from '../../../../src/core/format-count.js';
import { formatPercent, isLargeEnough, notMeasured, percentOf, toResult, TOO_SMALL } from '../judge-parts.js';
import type { Gate } from '../gate.js';
import { medianOf } from '../../../../src/core/measures.js';

/** Number of earlier sessions needed to know the usual volume. */
const MIN_SESSIONS = 5;

/** The median volume in percent of the usual one, the median of the earlier sessions: a snapshot taken before the close has little more than half. */
export const volume: Gate = {
  id: 'volume',
  version: 1,
  check: (facts) => {
    const { medianVolume, usualVolumes } = facts.measures;
    if (!isLargeEnough(facts)) return [notMeasured('volume', TOO_SMALL)];
    if (facts.isEarlyClose) return [notMeasured('volume', 'not judged: the exchange closed early')];
    const usual = usualVolumes.length < MIN_SESSIONS ? 0 : medianOf(usualVolumes);
    if (medianVolume === null || usual === 0) return [notMeasured('volume', 'the usual volume is not known yet')];
    const measured = percentOf(medianVolume, usual);
    const { minPct } = facts.config.volume;
    const text = `the median volume is ${formatCount(medianVolume)} shares, ${formatPercent(measured)} of the usual ${formatCount(usual)}`;
    return [
      toResult('volume', [{ status: measured < minPct ? 'hold' : 'pass', measured, threshold: minPct, text }], ''),
    ];
  },
};
