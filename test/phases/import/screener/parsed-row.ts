import { parseScreenerRow, type RowPlace } from '../../../../phases/import/screener/screener-row.js';
import type { Listing, RejectedRow } from '../../../../phases/import/source.js';
import { parseSessionDate } from '../../../../src/core/session.js';

export const PLACE: RowPlace = {
  origin: 'nasdaq.json.gz',
  rowNumber: 7,
  exchange: 'NASDAQ',
  session: parseSessionDate('2026-06-30'),
  maxPriceUsd: 10_000_000,
};

export function listingOf(raw: unknown): Listing {
  const parsed = parseScreenerRow(raw, PLACE);
  if ('listing' in parsed) return parsed.listing;
  throw new Error(`${parsed.rejected.reason}: ${parsed.rejected.detail}`);
}

export function rejectedOf(raw: unknown): RejectedRow {
  const parsed = parseScreenerRow(raw, PLACE);
  if ('rejected' in parsed) return parsed.rejected;
  throw new Error('the row was taken');
}
