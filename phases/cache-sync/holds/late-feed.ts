import type { GatesConfig } from '../../../src/config/schema/index.js';
import { MIN_EXCHANGE, percentOf } from './judge-parts.js';
import { type ExchangeMeasure, type SessionMeasures, totalOf } from './session-measures.js';

/**
 * The parts of a feed that are a day late: the whole feed (an empty name), and exchanges.
 *
 *  1. It begins in a session whose previous closes agree with the session before the previous one. Where the previous session was right, its
 *     closes are repeated as well: previous closes alone may be a wrong column. Where it is late by more than a day, its closes are those of a
 *     session before the previous one.
 *  2. It lasts while nearly all previous closes agree with the session before, which was late.
 *  3. It ends with a session whose previous closes agree with neither: the day that was left out is nowhere in the data. That session is right.
 *
 * Edges: a person who approves a late session ends it, too. Nothing begins after a missing session. The whole feed is late when every exchange is,
 *        where there are any: one that has caught up hides behind others that agree.
 */
export function findLate(
  measures: Omit<SessionMeasures, 'late'>,
  { previousClose: { warnPct, minPct }, unchangedCloses: { maxPct } }: GatesConfig,
): ReadonlySet<string> {
  const { exchanges, lateBefore, wasPreviousHeld, isPreviousMissing } = measures;
  const isLate = (counts: ExchangeMeasure): boolean => {
    if (counts.withPreviousClose < MIN_EXCHANGE) return false;
    const wasLate = lateBefore.has(counts.exchange);
    const matchingPct = percentOf(counts.matching, counts.withPreviousClose);
    if (matchingPct >= minPct) return wasLate && matchingPct >= warnPct;
    const isOfEarlier = percentOf(counts.matchingEarlier, counts.withEarlierClose) > minPct;
    const isRepeated = percentOf(counts.unchanged, counts.compared) > maxPct;
    if (isPreviousMissing) return false;
    const isLateByDays = percentOf(counts.repeatedEarlier, counts.bars) > maxPct;
    return isLateByDays || (isOfEarlier && (wasLate || wasPreviousHeld || isRepeated));
  };
  const named = exchanges.filter(
    ({ exchange, withPreviousClose }) => exchange !== '' && withPreviousClose >= MIN_EXCHANGE,
  );
  const late = named.filter(isLate).map(({ exchange }) => exchange);
  const isWhole = named.length > 0 ? late.length === named.length : isLate(totalOf(exchanges));
  return new Set(isWhole ? ['', ...late] : late);
}
