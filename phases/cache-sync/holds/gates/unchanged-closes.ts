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

/** Percent of closes equal to those of the previous session, of the whole feed and of each exchange: most of them in a repeated session. */
export const unchangedCloses: Gate = {
  id: 'unchanged-closes',
  version: 1,
  check: (facts) => {
    if (!isLargeEnough(facts)) return [notMeasured('unchanged-closes', TOO_SMALL)];
    const { warnPct, maxPct } = facts.config.unchangedCloses;
    const parts = partsOf(facts).flatMap(({ label, counts: { compared, unchanged } }) => {
      if (compared < MIN_EXCHANGE) return [];
      const measured = percentOf(unchanged, compared);
      const status = measured > maxPct ? ('hold' as const) : measured > warnPct ? ('warn' as const) : ('pass' as const);
      const text = `${label && `${label}: `}${formatPercent(measured)} of closes equal those of ${facts.measures.previousSession}`;
      return [{ status, measured, threshold: status === 'warn' ? warnPct : maxPct, text }];
    });
    return [toResult('unchanged-closes', parts, 'there is no previous session')];
  },
};
