import { formatPercent, notMeasured, percentOf, roundPercent } from '../judge-parts.js';
import type { Gate, ReplacedRow } from '../gate.js';

const NAMED_AT_MOST = 3;

/**
 * Percent of its members that a row of another program would lose when it is replaced for the first time: a table that an old job filled is
 * what readers see until then.
 *
 * Edges: one finding for the session, because the first publish is one decision. Rows with few members are not judged.
 */
export const foreignRows: Gate = {
  id: 'foreign-rows',
  version: 1,
  check: ({ replaced, config }) => {
    const { minMembers, maxRemovedPct } = config.foreignRows;
    const judged = replaced.filter(({ before }) => before >= minMembers);
    const lossy = judged
      .filter((row) => toPercent(row) > maxRemovedPct)
      .toSorted((left, right) => toPercent(right) - toPercent(left) || right.before - left.before);
    const [worst] = judged.toSorted((left, right) => toPercent(right) - toPercent(left));
    if (worst === undefined) return [notMeasured('foreign-rows', 'no row of another program would be replaced')];
    const named = lossy.slice(0, NAMED_AT_MOST).map(({ place, before, removed }) => `${place} ${removed} of ${before}`);
    const more = lossy.length > NAMED_AT_MOST ? `, and ${lossy.length - NAMED_AT_MOST} more` : '';
    return [
      {
        gate: 'foreign-rows',
        status: lossy.length > 0 ? 'hold' : 'pass',
        universe: null,
        measured: roundPercent(toPercent(worst)),
        threshold: maxRemovedPct,
        message:
          lossy.length > 0
            ? `${lossy.length} of ${judged.length} rows of another program would lose more than ${formatPercent(maxRemovedPct)} of their members: ` +
              `${named.join(', ')}${more}; \`tickstock parity\` lists every difference`
            : `of ${judged.length} rows of another program none loses more than ${formatPercent(toPercent(worst))} of its members`,
      },
    ];
  },
};

function toPercent({ before, removed }: ReplacedRow): number {
  return percentOf(removed, before);
}
