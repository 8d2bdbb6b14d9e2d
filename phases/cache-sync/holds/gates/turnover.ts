import { formatPercent, notMeasured, roundPercent } from '../judge-parts.js';
import type { Gate, GateFacts, GateResult, Turnover } from '../gate.js';
import { toTurnoverRatio } from '../turnover-ratio.js';
import { medianOf } from '../../../../src/core/measures.js';

/** Scales a MAD to a standard deviation: the MAD of a normal distribution is 0.6745 standard deviations. */
const MAD_TO_SIGMA = 1.4826;

/**
 * Percent of its members that a universe would exchange, judged by an absolute limit and by its own history. One finding per held universe;
 * otherwise one for all, about the universe nearest to its limit.
 *
 * Edges: changes since the last publish add up over missing and held sessions, but not over those in which the universe alone was held. Small
 *        universes are not judged, and a few changes of a small one are not held, because one is too large a share. A universe that was held for
 *        some sessions is published without those of its changes whose figures are in doubt.
 */
export const turnover: Gate = {
  id: 'turnover',
  version: 4,
  check: (facts) => {
    const judged = facts.turnovers
      .filter(({ before }) => before >= facts.config.turnover.minMembers)
      .map((each) => judge(each, facts));
    const holds = judged.filter(({ status }) => status === 'hold');
    const overdue = judged.filter(({ withholdsDoubtful }) => withholdsDoubtful === true);
    if (holds.length + overdue.length > 0) return [...holds, ...overdue];
    const [nearest] = judged.toSorted((left, right) => toShare(right) - toShare(left));
    if (nearest === undefined) return [notMeasured('turnover', 'no universe is large enough')];
    const { measured, threshold, message } = nearest;
    return [
      {
        gate: 'turnover',
        status: 'pass',
        universe: null,
        measured,
        threshold,
        message: `of ${judged.length} universes nearest to its limit: ${message}`,
      },
    ];
  },
};

/** The used part of the limit of a universe. */
function toShare({ measured, threshold }: GateResult): number {
  return (measured ?? 0) / Math.max(threshold ?? 0, 1e-9);
}

function judge({ universe, before, added, removed, doubtful }: Turnover, facts: GateFacts): GateResult {
  const { config, history, market } = facts;
  const { type, name, key } = universe;
  const last = history.publishedBefore(universe);
  // A universe that was held while others were published has the same candidate, which is not better for being older.
  const heldAlone = history.heldAlone(universe);
  const sessions = last === null ? 1 : Math.max(1, market.past.sessionsSince(last) - heldAlone);
  const usual = usualLimitPct(history.ratiosOf(universe, before), config.turnover);
  const threshold = Math.min(config.turnover.maxPct, usual) * sessions;
  const measured = 100 * toTurnoverRatio(before, added, removed);
  const isTooMuch = measured > threshold && Math.max(added, removed) >= config.turnover.minChanges;
  // A hold asks a person to look; what nothing speaks against is published after some sessions.
  const isOver = isTooMuch && heldAlone >= config.turnover.maxHeldSessions;
  const without =
    doubtful === 0 ? 'none of the changes is in doubt' : `published without the ${doubtful} that are in doubt`;
  const age = isOver ? `; held for ${heldAlone} sessions, and ${without}` : '';
  const since = sessions === 1 ? '' : ` in ${sessions} sessions`;
  return {
    gate: 'turnover',
    status: isTooMuch && !isOver ? 'hold' : isOver && doubtful > 0 ? 'warn' : 'pass',
    withholdsDoubtful: isOver && doubtful > 0,
    universe: { type, name, key },
    measured: roundPercent(measured),
    threshold: roundPercent(threshold),
    message:
      `${formatPercent(measured)} of the ${before} members of ${key} exchanged${since} (${added} in, ${removed} out); ` +
      `up to ${formatPercent(threshold)} is usual${age}`,
  };
}

/** The limit from the universe's own history for one session; infinity while the history is too short. */
function usualLimitPct(
  ratios: readonly number[],
  { minHistory, madMultiple, minPct }: GateFacts['config']['turnover'],
): number {
  if (ratios.length < minHistory) return Number.POSITIVE_INFINITY;
  const median = medianOf(ratios);
  const deviation = MAD_TO_SIGMA * medianOf(ratios.map((ratio) => Math.abs(ratio - median)));
  return Math.max(minPct, 100 * (median + madMultiple * deviation));
}
