import { formatCount } from '../../../../src/core/format-count.js';
import { isLargeEnough, notMeasured, toResult, TOO_SMALL } from '../judge-parts.js';
import type { Gate } from '../gate.js';

/** Number of securities that change their ticker in the session, probable ones included: a few on any day, many when a feed changes its notation. */
export const renames: Gate = {
  id: 'renames',
  version: 1,
  check: (facts) => {
    const { market, config } = facts;
    if (!isLargeEnough(facts)) return [notMeasured('renames', TOO_SMALL)];
    const measured = market.renames.size + market.probableRenames.length;
    const { maxCount } = config.renames;
    const [first] = [...market.renames.values(), ...market.probableRenames];
    const example = first === undefined ? '' : `, such as ${first.from} to ${first.to}`;
    const text = `${formatCount(measured)} securities have another ticker${example}`;
    const status = measured > maxCount ? 'hold' : 'pass';
    return [toResult('renames', [{ status, measured, threshold: maxCount, text }], '')];
  },
};
