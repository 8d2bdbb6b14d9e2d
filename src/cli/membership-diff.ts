import type { HeldCandidate } from '../index.js';
import { dim, formatChange, formatCount } from './output.js';
import { formatTable } from './table.js';

/** A universe with the symbols that would join and leave: one line each, at most `limit` of each kind. */
export function formatDiff(
  { universe, added, removed }: HeldCandidate,
  limit: number,
  color: boolean,
  width?: number,
): string {
  const change = formatChange(added.length, removed.length) || 'no change';
  const toRows = (sign: string, changes: HeldCandidate['added']): string[][] =>
    changes.slice(0, limit).map(({ symbol, reason }) => [`  ${sign} ${symbol}`, reason]);
  const rows = [...toRows('+', added), ...toRows('−', removed)];
  const hidden = Math.max(0, added.length - limit) + Math.max(0, removed.length - limit);
  return [
    `  ${universe}  ${change}`,
    ...(rows.length > 0 ? [formatTable([{ title: '' }, { title: '' }], rows, width)] : []),
    ...(hidden > 0 ? [dim(`    … ${formatCount(hidden)} more: --limit or --json`, color)] : []),
  ].join('\n');
}

/** The first few in one cell: `NVDA CAP_UP, DELL CAP_UP …`. */
export function formatFirst(changes: HeldCandidate['added'], limit: number): string {
  const shown = changes.slice(0, limit).map(({ symbol, reason }) => `${symbol} ${reason}`);
  return `${shown.join(', ')}${changes.length > limit ? ' …' : ''}`;
}
