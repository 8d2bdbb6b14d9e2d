import { formatCount } from '../../../../src/core/format-count.js';
import { toUniverseKey } from '../../valuation/stock-groups.js';
import type { Gate, GateFacts } from '../gate.js';
import {
  formatPercent,
  isLargeEnough,
  notMeasured,
  percentOf,
  toResult,
  TOO_SMALL,
  type JudgedPart,
} from '../judge-parts.js';

/** Stocks of a sector: of fewer, each is a large share. */
const MIN_STOCKS = 10;

/** Percent of stocks that went to another sector since the previous published session, of all and of each sector: nearly all of them where it is renamed. */
export const changedSectors: Gate = {
  id: 'changed-sectors',
  version: 1,
  check: (facts) => {
    const { stocks } = facts.market;
    if (!isLargeEnough(facts) || stocks.length === 0) return [notMeasured('changed-sectors', TOO_SMALL)];
    const moves = facts.sectorMoves.filter(({ from, to }) => toUniverseKey(from) !== toUniverseKey(to));
    return [toResult('changed-sectors', [judgeAll(facts, moves), ...judgeSectors(facts, moves)], '')];
  },
};

function judgeAll({ market: { stocks }, config }: GateFacts, moves: GateFacts['sectorMoves']): JudgedPart {
  const moved = moves.reduce((sum, move) => sum + move.stocks, 0);
  const measured = percentOf(moved, stocks.length);
  const { maxPct } = config.changedSectors;
  const text = `${formatCount(moved)} stocks went to another sector: ${formatPercent(measured)}`;
  return { status: measured > maxPct ? 'hold' : 'pass', measured, threshold: maxPct, text };
}

function judgeSectors({ market: { stocks }, config }: GateFacts, moves: GateFacts['sectorMoves']): JudgedPart[] {
  const { maxSectorPct } = config.changedSectors;
  return [...new Set(moves.map(({ from }) => from))].flatMap((sector): JudgedPart[] => {
    const left = moves.filter(({ from }) => from === sector);
    const moved = left.reduce((sum, move) => sum + move.stocks, 0);
    const key = toUniverseKey(sector);
    const stayed = stocks.filter((stock) => toUniverseKey(stock.sector ?? '') === key).length;
    if (moved + stayed < MIN_STOCKS) return [];
    const measured = percentOf(moved, moved + stayed);
    const [most] = left.toSorted((one, other) => other.stocks - one.stocks);
    const text = `${formatCount(moved)} of the ${formatCount(moved + stayed)} stocks of ${sector} went to another sector, most of them to ${most?.to ?? ''}`;
    return [{ status: measured > maxSectorPct ? 'hold' : 'pass', measured, threshold: maxSectorPct, text }];
  });
}
