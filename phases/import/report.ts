import { countBy } from '../../src/core/count-by.js';
import { formatCount, formatCounted } from '../../src/core/format-count.js';
import type { PhaseReport } from '../../src/core/phase.js';
import type { ScanResult } from '../../src/securities/actions/scan-prices.js';
import { countFailed } from './collect.js';
import type { FittedRows } from './fit-columns.js';
import type { MergeCounts, SymbolMerge } from './write-rows.js';

/** What an import wrote and found. */
interface ImportCounts {
  readonly symbols: SymbolMerge;
  readonly bars: MergeCounts;
  readonly moves: ScanResult;
  /** Earlier sessions that came with the first one. */
  readonly history: number;
  /** Of the source. */
  readonly warnings: readonly string[];
}

/** `, 3 corporate actions found`, or nothing. */
export function describeMoves({ actions, doubts }: ScanResult): string {
  const found = actions > 0 ? `, ${formatCount(actions)} corporate action${actions === 1 ? '' : 's'} found` : '';
  return found + (doubts > 0 ? `, ${formatCount(doubts)} price move${doubts === 1 ? '' : 's'} to explain` : '');
}

export function countMoves({ actions, doubts }: ScanResult) {
  return { corporateActions: actions, exceptions: doubts };
}

/** The report of a session that was imported from rows. */
export function describeImport(
  rows: FittedRows,
  { symbols, bars, moves, history, warnings }: ImportCounts,
): PhaseReport {
  const changed = symbols.added + symbols.changed + bars.added + bars.changed > 0;
  const written = rows.listings.filter((listing) => listing.bar !== null).length;
  const untyped = rows.listings.filter(({ symbol }) => symbol.type === null).length;
  return {
    summary:
      `${formatCounted(written, 'bar')}, ${formatCounted(rows.listings.length, 'symbol')}` +
      (changed ? ` (${formatCount(symbols.added)} new)` : ', nothing changed') +
      (history > 0 ? `, ${formatCounted(history, 'earlier session')}` : '') +
      describeMoves(moves) +
      (rows.rejected.length > 0 ? `, ${formatCounted(rows.rejected.length, 'row')} refused` : ''),
    changed,
    counters: {
      symbols: rows.listings.length,
      bars: written,
      failed: countFailed(rows),
      rejected: rows.rejected.length,
      symbolsAdded: symbols.added,
      symbolsChanged: symbols.changed,
      barsAdded: bars.added,
      barsChanged: bars.changed,
      ...countMoves(moves),
    },
    warnings: [
      ...(rows.rejected.length > 0
        ? [`${formatCounted(rows.rejected.length, 'row')} refused, see pipeline.rejected_row`]
        : []),
      ...(untyped > 0
        ? [
            `${formatCounted(untyped, 'symbol')} came without a type: those whose type is not in symbols either are in no universe of stocks`,
          ]
        : []),
      ...warnings,
      ...rows.warnings,
      ...symbols.warnings,
    ],
    details: {
      types: countBy(rows.listings.map((listing) => listing.symbol.type ?? 'UNKNOWN')),
      rejectedByReason: countBy(rows.rejected.map((row) => row.reason)),
    },
  };
}
