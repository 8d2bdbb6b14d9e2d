import type { BarRecord, Listing, RejectedRow, RejectionReason, SourceRow, SymbolRecord } from './source.js';

/** The result of reading a feed: one listing per symbol, and every refused row. */
export interface CollectedRows {
  readonly listings: readonly Listing[];
  readonly rejected: readonly RejectedRow[];
  readonly read: number;
}

/** Rows between two progress reports: often enough for people, at no measurable cost. */
const REPORT_ROWS = 250;

/**
 * Reads a feed to its end and resolves duplicate symbols.
 *
 * Edges: of several rows of one symbol the one with the highest volume is kept, then the highest close, then the smallest text: the result
 *        must not depend on the order of rows. The others are refused as `SYMBOL_DUPLICATE`.
 */
export async function collectRows(
  rows: AsyncIterable<SourceRow> | Iterable<SourceRow>,
  onRead: (rows: number, symbol: string) => void,
): Promise<CollectedRows> {
  const bySymbol = new Map<string, Listing>();
  const rejected: RejectedRow[] = [];
  let read = 0;
  for await (const row of rows) {
    read += 1;
    if ('rejected' in row) {
      rejected.push(row.rejected);
      continue;
    }
    const { listing } = row;
    if (read % REPORT_ROWS === 0) onRead(REPORT_ROWS, listing.symbol.symbol);
    const rival = bySymbol.get(listing.symbol.symbol);
    if (rival === undefined) {
      bySymbol.set(listing.symbol.symbol, listing);
      continue;
    }
    const [winner, loser] = compareRivals(listing, rival) < 0 ? [listing, rival] : [rival, listing];
    bySymbol.set(winner.symbol.symbol, winner);
    const detail = `row ${winner.rowNumber} of ${winner.origin} has the same symbol and was kept`;
    rejected.push(reject(loser, 'SYMBOL_DUPLICATE', detail));
  }
  return { listings: [...bySymbol.values()], rejected, read };
}

function compareRivals(left: Listing, right: Listing): number {
  const byVolume = (right.bar?.volume ?? -1) - (left.bar?.volume ?? -1);
  const byClose = (right.bar?.close ?? -1) - (left.bar?.close ?? -1);
  return byVolume || byClose || (toText(left) < toText(right) ? -1 : 1);
}

function toText({ symbol, bar }: { symbol: SymbolRecord; bar: BarRecord | null }): string {
  return JSON.stringify([symbol, bar]);
}

/** The refusal of a row that was read. */
export function reject(listing: Listing, reason: RejectionReason, detail: string): RejectedRow {
  return {
    origin: listing.origin,
    rowNumber: listing.rowNumber,
    symbol: listing.symbol.symbol,
    raw: toText(listing),
    reason,
    detail,
  };
}

/**
 * Symbols of the feed that were not imported, each once.
 *
 * Edges: a symbol with another, accepted row was imported; a refused row without a symbol counts for none.
 */
export function countFailed({ listings, rejected }: CollectedRows): number {
  if (rejected.length === 0) return 0;
  const failed = new Set(rejected.flatMap((row) => row.symbol ?? []));
  for (const listing of listings) failed.delete(listing.symbol.symbol);
  return failed.size;
}
