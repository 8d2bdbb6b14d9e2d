import type { SessionDate } from '../../../src/core/session.js';
import { classifySecurity } from './security-type.js';
import type { Listing, RejectedRow, RejectionReason, SourceRow } from '../source.js';

/** Location of a row, for the message about it. */
export interface RowPlace {
  readonly origin: string;
  readonly rowNumber: number;
  readonly exchange: string;
  readonly session: SessionDate;
  readonly maxPriceUsd: number;
}

const SYMBOL = /^[A-Z0-9][A-Z0-9^/.\-=+]{0,19}$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** A comma is read between groups of three only: in `$12,50` it may be anything. */
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;
/** What sources write for "unknown". */
const PLACEHOLDER = /^(n\.?\/?a\.?|null|none|-{1,3}|\u2013|\u2014)$/i;
const MAX_WHOLE = Number.MAX_SAFE_INTEGER;
const RAW_LIMIT = 8000;

/** Used inside this file only: becomes a rejected row. */
class Refusal extends Error {
  constructor(
    readonly reason: RejectionReason,
    detail: string,
  ) {
    super(detail);
  }
}

/**
 * Reads one row of a NASDAQ screener file.
 *
 * Shape:  any JSON value → a listing with its bar, or the row with the reason for its refusal. Never throws.
 * Units:  prices and caps in USD, volume in shares. The source has no open, high or low, and a cap of zero means unknown.
 * Edges:  text is trimmed, inner white space and control characters become one space; prices keep six decimals, which removes the
 *         floating-point residue of rows such as `$745140.030000000028`. A placeholder (`NA`, `N/A`, `--`) means unknown in every field; in `lastsale`
 *         it means that the security did not trade. Losses may be written `-0.10`, `(0.10)` or with a Unicode minus.
 */
export function parseScreenerRow(raw: unknown, place: RowPlace): SourceRow {
  const fields =
    typeof raw === 'object' && raw !== null && !Array.isArray(raw) ? (raw as Record<string, unknown>) : null;
  try {
    if (fields === null) throw new Refusal('NOT_A_ROW', `expected an object, found ${describe(raw)}`);
    return { listing: parseFields(fields, place) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { rejected: reject(raw, fields, place, error) };
  }
}

function parseFields(fields: Record<string, unknown>, place: RowPlace): Listing {
  const symbol = parseSymbol(fields['symbol']);
  const name = toText(fields['name']);
  const close = isPlaceholder(fields['lastsale']) ? null : parsePrice(fields['lastsale'], place.maxPriceUsd);
  const volume = parseWhole(fields['volume'], 'VOLUME_INVALID', 'volume') ?? 0;
  const hasFirstDayMark = close !== null && isFirstDayMark(fields, close);
  const listingYear = parseListingYear(fields['ipoyear']);
  // A security of an earlier listing year trades again, or has another ticker.
  const isFirstDay = hasFirstDayMark && (listingYear === null || String(listingYear) === place.session.slice(0, 4));
  const marketCapUsd = parseWhole(fields['marketCap'], 'MARKET_CAP_INVALID', 'marketCap') || null;
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
      previousClose: close === null || hasFirstDayMark ? null : toPreviousClose(fields, close),
      isFirstDay,
      listingYear,
    },
  };
}

function parseSymbol(value: unknown): string {
  const symbol = typeof value === 'string' ? value.trim() : '';
  if (SYMBOL.test(symbol)) return symbol;
  throw new Refusal('SYMBOL_INVALID', `symbol is ${describe(value)}; allowed are 1-20 of A-Z 0-9 ^ / . - = +`);
}

function parsePrice(value: unknown, maxPriceUsd: number): number {
  const price = toDecimal(value);
  if (price === null || price <= 0) {
    throw new Refusal('PRICE_INVALID', `lastsale is ${describe(value)}; allowed is a price above zero`);
  }
  if (price > maxPriceUsd || price < 0.000001) {
    throw new Refusal('PRICE_OUT_OF_RANGE', `lastsale is ${describe(value)}; allowed is 0.000001 to ${maxPriceUsd}`);
  }
  return Number(price.toFixed(6));
}

/** A whole number of shares or dollars; blank is null, a fraction is rounded (`66410099.00`). */
function parseWhole(value: unknown, reason: RejectionReason, field: string): number | null {
  if (value === null || value === undefined || isPlaceholder(value)) return null;
  if (typeof value === 'string' && value.trim() === '') return null;
  const whole = toDecimal(value);
  if (whole === null || whole < 0 || whole > MAX_WHOLE) {
    throw new Refusal(reason, `${field} is ${describe(value)}; allowed is a number from 0 to ${MAX_WHOLE}, or blank`);
  }
  return Math.round(whole);
}

/** The source marks a first trading day with a change equal to the price and no percentage; it also does so when a security trades again. */
function isFirstDayMark(fields: Record<string, unknown>, close: number): boolean {
  return toText(fields['pctchange']) === null && toDecimal(fields['netchange']) === close;
}

/** Null: none stated, or not a year, in digits or as a number. */
function parseListingYear(value: unknown): number | null {
  const year = toDecimal(value);
  return year !== null && Number.isInteger(year) && year >= MIN_LISTING_YEAR && year <= MAX_LISTING_YEAR ? year : null;
}

const [MIN_LISTING_YEAR, MAX_LISTING_YEAR] = [1792, 2200];

/** The previous close from the source's change, to six decimals; null for an unreadable change. */
function toPreviousClose(fields: Record<string, unknown>, close: number): number | null {
  const change = toDecimal(fields['netchange']);
  const previous = change === null ? null : Number((close - change).toFixed(6));
  return previous !== null && previous > 0 ? previous : null;
}

function toDecimal(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string') return null;
  const signed = value
    .trim()
    .replace(/^\((.*)\)$/, '-$1')
    .replace('\u2212', '-')
    .replace(/^([+-]?)\$/, '$1');
  const text = GROUPED.test(signed) ? signed.replaceAll(',', '') : signed;
  const number = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

function isPlaceholder(value: unknown): boolean {
  return typeof value === 'string' && PLACEHOLDER.test(value.trim());
}

/** White space and control characters, including NUL (which PostgreSQL text cannot store), become one space; empty text and placeholders become null. */
function toText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- control characters are exactly what is looked for
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  return text === '' || PLACEHOLDER.test(text) ? null : text;
}

function reject(raw: unknown, fields: Record<string, unknown> | null, place: RowPlace, refusal: Refusal): RejectedRow {
  return {
    origin: place.origin,
    rowNumber: place.rowNumber,
    symbol: toText(fields?.['symbol'])?.slice(0, 100) ?? null,
    raw: (toJson(raw) ?? 'undefined').slice(0, RAW_LIMIT),
    reason: refusal.reason,
    detail: refusal.message,
  };
}

function describe(value: unknown): string {
  const text = toJson(value) ?? 'absent';
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length} characters)` : text;
}

/** A file may nest deeper than the engine can serialise: such a value is refused like any other. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch (error) {
    return JSON.stringify(`not shown: ${(error as Error).message}`);
  }
}
