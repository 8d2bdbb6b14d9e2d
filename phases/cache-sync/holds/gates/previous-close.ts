import {
  formatPercent,
  isLargeEnough,
  MIN_EXCHANGE,
  notMeasured,
  partsOf,
  percentOf,
  toResult,
  TOO_SMALL,
  type JudgedPart,
} from '../judge-parts.js';
import type { GatesConfig } from '../../../../src/config/schema/index.js';
import type { Gate, GateFacts } from '../gate.js';
import { type BarMeasures, type ExchangeMeasure, totalOf } from '../session-measures.js';

/**
 * Percent of the source's previous closes that agree with the stored closes of the previous session, of the whole feed and of each
 * exchange.
 *
 *  1. Few agree with the previous session, most with the one before it: the rows belong to an earlier session, and the feed is late. Hold, in
 *     every session until it catches up (`late-feed.ts`). Where the closes are not repeated, the column alone is wrong. Warn.
 *  2. Nearly all are the closes of the session itself: the source states no changes. Warn.
 *  3. Few agree with either: one of the two sessions is wrong. This one is held, unless the previous one was held itself.
 *  4. The previous session is missing: then few should agree with an older one. Rows that do belong to the missing session. Hold.
 *
 * Edges: a source without previous closes is not judged.
 */
export const previousClose: Gate = {
  id: 'previous-close',
  version: 3,
  check: (facts) => {
    if (!isLargeEnough(facts)) return [notMeasured('previous-close', TOO_SMALL)];
    const judge = facts.measures.isPreviousMissing ? judgeAfterGap : judgePart;
    const parts = partsOf(facts).flatMap(({ label, counts }) =>
      counts.withPreviousClose >= MIN_EXCHANGE ? (judge(facts, label && `${label}: `, counts) ?? []) : [],
    );
    return [toResult('previous-close', parts, 'there are no previous closes to compare')];
  },
};

/** Percent of previous closes that are the close of the session: no change is stated at all. */
const MIN_FLAT_PCT = 90;

/** Whether so few closes agree that they must also be compared with the session before the previous one. */
export function asksForEarlier({ exchanges }: BarMeasures, { previousClose: { minPct } }: GatesConfig): boolean {
  return [totalOf(exchanges), ...exchanges].some(
    ({ withPreviousClose, matching }) =>
      withPreviousClose >= MIN_EXCHANGE && percentOf(matching, withPreviousClose) < minPct,
  );
}

function judgePart({ measures, config }: GateFacts, label: string, counts: ExchangeMeasure): JudgedPart {
  const { warnPct, minPct, whenLate } = config.previousClose;
  const measured = percentOf(counts.matching, counts.withPreviousClose);
  const text = `${label}${formatPercent(measured)} of previous closes agree with the closes of ${measures.previousSession}`;
  const [isLate, wasLate] = [measures.late.has(counts.exchange), measures.lateBefore.has(counts.exchange)];
  if (isLate && measured >= minPct) {
    const still = `${text}, which was late: the feed still is; approve the session if its prices are those of its own date`;
    return { status: whenLate, measured, threshold: minPct, text: still };
  }
  if (measured >= warnPct) return { status: 'pass', measured, threshold: warnPct, text };
  if (measured >= minPct) return { status: 'warn', measured, threshold: warnPct, text };
  const earlierPct = percentOf(counts.matchingEarlier, counts.withEarlierClose);
  const base = { measured, threshold: minPct };
  if (earlierPct > minPct) {
    const earlier = `${text}, ${formatPercent(earlierPct)} with those of the session before it`;
    if (isLate) return { ...base, status: 'hold', text: `${earlier}: rows of an earlier session` };
    return { ...base, status: 'warn', text: `${earlier}, but the closes are not repeated: a wrong column` };
  }
  if (isLate) {
    const repeated = formatPercent(percentOf(counts.repeatedEarlier, counts.bars));
    return {
      ...base,
      status: 'hold',
      text: `${text}, and ${repeated} of closes equal those of a session before it: rows of an earlier session`,
    };
  }
  if (percentOf(counts.flat, counts.withPreviousClose) >= MIN_FLAT_PCT)
    return {
      ...base,
      status: 'warn',
      text: `${text}: the source states no changes, so that they are those of the session itself`,
    };
  if (wasLate) return { ...base, status: 'pass', text: `${text}, which was late: the feed has caught up` };
  if (measures.wasPreviousHeld) return { ...base, status: 'warn', text: `${text}, which is held itself` };
  return { ...base, status: 'hold', text: `${text}: one of the two sessions is wrong` };
}

function judgeAfterGap({ measures, config }: GateFacts, label: string, counts: ExchangeMeasure): JudgedPart {
  const { minPct } = config.previousClose;
  const measured = percentOf(counts.matching, counts.withPreviousClose);
  const text = `${label}${formatPercent(measured)} of previous closes agree with the closes of ${measures.previousSession}`;
  if (measured <= minPct)
    return { status: 'pass', measured, threshold: minPct, text: `${text}; the session between is missing` };
  return {
    status: 'hold',
    measured,
    threshold: minPct,
    text: `${text} although a session is missing between them: rows of the missing session, or a closure that the calendar lacks`,
  };
}
