import type { SessionDate } from '../../../src/core/session.js';
import {
  describe,
  isPlaceholder,
  parseListingYear,
  parsePrice,
  parseSymbol,
  parseWhole,
  Refusal,
  rejectRow,
  toDecimal,
  toPreviousClose,
  toText,
} from '../rows/row-values.js';
import { classifySecurity } from '../rows/security-type.js';
import type { Listing, SourceRow } from '../source.js';

/** Location of a row, for the message about it. */
export interface RowPlace {
  readonly origin: string;
  readonly rowNumber: number;
  readonly exchange: string;
  readonly session: SessionDate;
  readonly maxPriceUsd: number;
}

/**
 * Reads one row of a NASDAQ screener file.
 *
 * Shape:  any JSON value → a listing with its bar, or the row with the reason for its refusal. Never throws.
 * Units:  prices and caps in USD, volume in shares. The source has no open, high or low, and a cap of zero means unknown.
 * Edges:  text is trimmed, inner white space and control characters become one space. A placeholder (`NA`, `N/A`, `--`) means unknown in
 *         every field; in `lastsale` it means that the security did not trade.
 */
export function parseScreenerRow(raw: unknown, place: RowPlace): SourceRow {
  const fields =
    typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : null;
  try {
    if (fields === null) throw new Refusal('NOT_A_ROW', `expected an object, found ${describe(raw)}`);
    return { listing: parseFields(fields, place) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { rejected: rejectRow(raw, place, error, fields?.['symbol']) };
  }
}

function parseFields(fields: Record<string, unknown>, place: RowPlace): Listing {
  const symbol = parseSymbol(fields['symbol']);
  const name = toText(fields['name']);
  const close = isPlaceholder(fields['lastsale'])
    ? null
    : parsePrice(fields['lastsale'], 'lastsale', place.maxPriceUsd);
  const volume = parseWhole(fields['volume'], 'volume', 'VOLUME_INVALID') ?? 0;
  const hasFirstDayMark = close !== null && isFirstDayMark(fields, close);
  const listingYear = parseListingYear(fields['ipoyear']);
  // A security of an earlier listing year trades again, or has another ticker.
  const isFirstDay = hasFirstDayMark && (listingYear === null || String(listingYear) === place.session.slice(0, 4));
  const marketCapUsd = parseWhole(fields['marketCap'], 'marketCap', 'MARKET_CAP_INVALID') || null;
  return {
    origin: place.origin,
    rowNumber: place.rowNumber,
    symbol: {
      symbol,
      name,
      exchange: place.exchange,
      type: classifySecurity({
        symbol,
        name: name ?? '',
        exchange: place.exchange,
        country: toText(fields['country']),
        industry: toText(fields['industry']),
      }),
      active: true,
      marketCapUsd,
      sharesOutstanding: null,
      sector: toText(fields['sector']),
      industry: toText(fields['industry']),
      country: toText(fields['country']),
      listDate: isFirstDay ? place.session : null,
      delistedDate: null,
      etf: null,
    },
    bar: close === null ? null : { symbol, date: place.session, open: null, high: null, low: null, close, volume },
    quote: {
      previousClose: close === null || hasFirstDayMark ? null : toPreviousClose(fields['netchange'], close),
      isFirstDay,
      listingYear,
    },
  };
}

/** The source marks a first trading day with a change equal to the price and no percentage; it also does so when a security trades again. */
function isFirstDayMark(fields: Record<string, unknown>, close: number): boolean {
  return toText(fields['pctchange']) === null && toDecimal(fields['netchange']) === close;
}
