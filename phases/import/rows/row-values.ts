import type { RejectedRow, RejectionReason } from '../source.js';

/** How the values of a row are read, the same for every source. */

const SYMBOL = /^[A-Z0-9][A-Z0-9^/.\-=+]{0,19}$/;
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** A comma is read between groups of three only: in `$12,50` it may be anything. */
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;
/** What sources write for "unknown". */
const PLACEHOLDER = /^(n\.?\/?a\.?|null|none|-{1,3}|\u2013|\u2014)$/i;
const MAX_WHOLE = Number.MAX_SAFE_INTEGER;
const MIN_PRICE_USD = 0.000001;
const RAW_LIMIT = 8000;
const SYMBOL_LIMIT = 100;

/** Why a row is refused; never leaves the source, which makes a rejected row of it. */
export class Refusal extends Error {
  constructor(
    readonly reason: RejectionReason,
    detail: string,
  ) {
    super(detail);
  }
}

/** @throws Refusal */
export function parseSymbol(value: unknown): string {
  const symbol = typeof value === 'string' ? value.trim() : '';
  if (SYMBOL.test(symbol)) return symbol;
  throw new Refusal('SYMBOL_INVALID', `symbol is ${describe(value)}; allowed are 1-20 of A-Z 0-9 ^ / . - = +`);
}

/**
 * A price in USD, to six decimals, which removes the floating-point residue of values such as `$745140.030000000028`.
 * @throws Refusal
 */
export function parsePrice(value: unknown, field: string, maxPriceUsd: number): number {
  const price = toDecimal(value);
  if (price === null || price <= 0) {
    throw new Refusal('PRICE_INVALID', `${field} is ${describe(value)}; allowed is a price above zero`);
  }
  if (price > maxPriceUsd || price < MIN_PRICE_USD) {
    throw new Refusal('PRICE_OUT_OF_RANGE', `${field} is ${describe(value)}; allowed is 0.000001 to ${maxPriceUsd}`);
  }
  return Number(price.toFixed(6));
}

/**
 * A whole number of shares or dollars; blank is null, a fraction is rounded (`66410099.00`).
 * @throws Refusal
 */
export function parseWhole(value: unknown, field: string, reason: RejectionReason): number | null {
  if (isBlank(value)) return null;
  const whole = toDecimal(value);
  if (whole === null || whole < 0 || whole > MAX_WHOLE) {
    throw new Refusal(reason, `${field} is ${describe(value)}; allowed is a number from 0 to ${MAX_WHOLE}, or blank`);
  }
  return Math.round(whole);
}

/** Null for what is not a number. Losses may be written `-0.10`, `(0.10)` or with a Unicode minus. */
export function toDecimal(value: unknown): number | null {
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

/** The close of the session before, from the change since, to six decimals; null for an unreadable change. */
export function toPreviousClose(change: unknown, close: number): number | null {
  const number = toDecimal(change);
  const previous = number === null ? null : Number((close - number).toFixed(6));
  return previous !== null && previous > 0 ? previous : null;
}

export function isPlaceholder(value: unknown): boolean {
  return typeof value === 'string' && PLACEHOLDER.test(value.trim());
}

/** Absent, empty or a placeholder: the source has no value. */
export function isBlank(value: unknown): boolean {
  return (
    value === null || value === undefined || isPlaceholder(value) || (typeof value === 'string' && value.trim() === '')
  );
}

/** White space and control characters, including NUL (which PostgreSQL text cannot store), become one space; empty text and placeholders become null. */
export function toText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex -- control characters are exactly what is looked for
    .replace(/[\s\u0000-\u001f\u007f]+/g, ' ')
    .trim();
  return text === '' || PLACEHOLDER.test(text) ? null : text;
}

/** Null: none stated, or not a year, in digits or as a number. */
export function parseListingYear(value: unknown): number | null {
  const year = toDecimal(value);
  return year !== null && Number.isInteger(year) && year >= MIN_LISTING_YEAR && year <= MAX_LISTING_YEAR ? year : null;
}

const [MIN_LISTING_YEAR, MAX_LISTING_YEAR] = [1792, 2200];

/** The row as `pipeline.rejected_row` keeps it. */
export function rejectRow(
  raw: unknown,
  { origin, rowNumber }: { readonly origin: string; readonly rowNumber: number },
  { reason, message }: Refusal,
  symbol: unknown,
): RejectedRow {
  return {
    origin,
    rowNumber,
    symbol: toText(symbol)?.slice(0, SYMBOL_LIMIT) ?? null,
    raw: (toJson(raw) ?? 'undefined').slice(0, RAW_LIMIT),
    reason,
    detail: message,
  };
}

/** The value as a message shows it. */
export function describe(value: unknown): string {
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
