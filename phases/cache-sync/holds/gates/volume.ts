import { formatCount } from '../../../../src/core/format-count.js';
import { medianOf } from '../../../../src/core/measures.js';
import type { Gate, GateFacts } from '../gate.js';
import {
  formatPercent,
  isLargeEnough,
  MIN_EXCHANGE,
  notMeasured,
  percentOf,
  toResult,
  TOO_SMALL,
  type JudgedPart,
} from '../judge-parts.js';

/** Number of earlier sessions needed to know the usual volume. */
const MIN_SESSIONS = 5;

/**
 * The median volume in percent of the usual one, the median of the earlier sessions: a snapshot taken before the close has little more than
 * half. The whole feed, and each exchange against the largest other one: on a quiet day all are quiet.
 */
export const volume: Gate = {
  id: 'volume',
  version: 2,
  check: (facts) => {
    if (!isLargeEnough(facts)) return [notMeasured('volume', TOO_SMALL)];
    if (facts.isEarlyClose) return [notMeasured('volume', 'not judged: the exchange closed early')];
    const whole = judgeWhole(facts);
    if (whole === null) return [notMeasured('volume', 'the usual volume is not known yet')];
    return [toResult('volume', [whole, ...judgeExchanges(facts)], '')];
  },
};

function judgeWhole({ measures, config }: GateFacts): JudgedPart | null {
  const { medianVolume } = measures;
  const usual = usualOf(measures, '');
  if (medianVolume === null || usual === null) return null;
  const measured = percentOf(medianVolume, usual);
  const { minPct } = config.volume;
  const text = `the median volume is ${formatCount(medianVolume)} shares, ${formatPercent(measured)} of the usual ${formatCount(usual)}`;
  return { status: measured < minPct ? 'hold' : 'pass', measured, threshold: minPct, text };
}

function judgeExchanges({ measures, config }: GateFacts): JudgedPart[] {
  const { minExchangePct } = config.volume;
  const known = measures.exchanges.flatMap(({ exchange, bars, medianVolume }) => {
    const usual = usualOf(measures, exchange);
    if (exchange === '' || bars < MIN_EXCHANGE || medianVolume === null || usual === null) return [];
    return [{ exchange, bars, ofUsualPct: percentOf(medianVolume, usual) }];
  });
  const bySize = known.toSorted((left, right) => right.bars - left.bars);
  return bySize.flatMap(({ exchange, ofUsualPct }): JudgedPart[] => {
    const other = bySize.find((each) => each.exchange !== exchange);
    if (other === undefined || other.ofUsualPct === 0) return [];
    const measured = percentOf(ofUsualPct, other.ofUsualPct);
    const text = `${exchange}: the median volume is ${formatPercent(ofUsualPct)} of the usual, that of ${other.exchange} ${formatPercent(other.ofUsualPct)}`;
    return [{ status: measured < minExchangePct ? 'hold' : 'pass', measured, threshold: minExchangePct, text }];
  });
}

/** Null: not known yet, or nothing. */
function usualOf({ usualVolumes }: GateFacts['measures'], exchange: string): number | null {
  const volumes = usualVolumes.get(exchange) ?? [];
  return volumes.length < MIN_SESSIONS ? null : medianOf(volumes) || null;
}
