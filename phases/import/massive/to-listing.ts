import { toSessionDate, type SessionDate } from '../../../src/core/session.js';
import { assertRange } from '../rows/assert-range.js';
import { toCapitals } from '../rows/consolidated-symbol.js';
import { parsePrice, parseSymbol, parseWhole, Refusal, rejectRow, toDecimal, toText } from '../rows/row-values.js';
import { toSecurityType } from '../rows/security-type-names.js';
import { classifySecurity, type SecurityType } from '../rows/security-type.js';
import { UNKNOWN_FACTS } from '../rows/unknown-facts.js';
import type { BarRecord, Identifiers, Listing, RejectedRow, SymbolRecord } from '../source.js';
import type { Delisted, RawRow } from './api.js';

/** What a session says about a ticker beside its row of reference data. */
export interface TickerSession {
  readonly session: SessionDate;
  readonly rowNumber: number;
  readonly maxPriceUsd: number;
  readonly bar: RawRow | undefined;
  /** Bar of the session before. */
  readonly previous: RawRow | undefined;
  /** New shares for each old one; 1 without a split. */
  readonly splitRatio: number;
  /** USD a share. */
  readonly dividendUsd: number;
  /** Of earlier details: they are not asked again where a session is imported again. */
  readonly knownListDate: string | null;
}

const ORIGIN = { tickers: 'tickers', delisted: 'delisted tickers' };

/** The symbol, type and identifiers of a row of reference data, from which it is decided whether details are asked. */
export interface TickerFacts {
  readonly symbol: string;
  readonly type: SecurityType | null;
  /** Of the share class. */
  readonly figi: string | null;
}

/** @throws Refusal of a ticker that is no symbol */
export function readTicker(raw: RawRow): TickerFacts {
  const symbol = parseSymbol(typeof raw['ticker'] === 'string' ? toCapitals(raw['ticker'].trim()) : raw['ticker']);
  const name = toText(raw['name']);
  const stated = toText(raw['type']);
  const guessed = name === null ? null : classifySecurity({ symbol, name, exchange: toText(raw['primary_exchange']) });
  return {
    symbol,
    type: stated === null ? guessed : toSecurityType(stated),
    figi: toFigi(raw['share_class_figi']),
  };
}

/**
 * The listing of an active ticker.
 *
 * Shape:  a row of reference data, the details where they were asked, the bars → a listing.
 * Units:  USD, shares. The previous close is that of the session before as the session's shares and its dividend make it.
 * Edges:  a ticker without a bar did not trade. A listing date of the session is a first day.
 * @throws Refusal
 */
export function toListing(
  raw: RawRow,
  facts: TickerFacts,
  details: RawRow | null,
  of: TickerSession,
  sectorOf: (sicCode: string | null) => string | null,
): Listing {
  const { symbol, type } = facts;
  const { session, rowNumber } = of;
  const bar = of.bar === undefined ? null : toBar(of.bar, symbol, of);
  const listDate = toDate(details?.['list_date']);
  const isFirstDay = (listDate ?? of.knownListDate) === session;
  const shares =
    toCount(details?.['weighted_shares_outstanding']) ?? toCount(details?.['share_class_shares_outstanding']);
  const sicCode = toSicCode(details?.['sic_code']);
  return {
    origin: ORIGIN.tickers,
    rowNumber,
    symbol: {
      ...UNKNOWN_FACTS,
      ...readNames(raw),
      symbol,
      type,
      active: true,
      // Where shares are known the cap follows from the close of every session; a cap beside them would be another truth.
      marketCapUsd: shares === null ? toCount(details?.['market_cap']) : null,
      sharesOutstanding: shares,
      sector: sectorOf(sicCode),
      industry: toTitle(toText(details?.['sic_description'])),
      country: toCountry(details?.['address']),
      listDate: listDate !== null && listDate <= session ? listDate : null,
      delistedDate: null,
    },
    identifiers: { ...readIdentifiers(raw), sicCode },
    bar,
    quote: { previousClose: isFirstDay || bar === null ? null : toPreviousClose(of), isFirstDay },
  };
}

/** @throws Refusal of a ticker that is no symbol */
export function toDelistedListing(raw: Delisted, rowNumber: number): Listing {
  const { symbol, type } = readTicker(raw);
  const { delistedDate } = raw;
  return {
    origin: ORIGIN.delisted,
    rowNumber,
    symbol: { ...UNKNOWN_FACTS, ...readNames(raw), symbol, type, active: false, delistedDate },
    identifiers: { ...readIdentifiers(raw), sicCode: null },
    bar: null,
  };
}

/** The row with the reason for its refusal; any other error is thrown on. */
export function toRejected(raw: unknown, rowNumber: number, error: unknown): RejectedRow {
  if (!(error instanceof Refusal)) throw error;
  const symbol = typeof raw === 'object' && raw !== null && 'ticker' in raw ? raw.ticker : null;
  return rejectRow(raw, { origin: ORIGIN.tickers, rowNumber }, error, symbol);
}

function readNames(raw: RawRow): Pick<SymbolRecord, 'name' | 'exchange'> {
  return { name: toText(raw['name']), exchange: toText(raw['primary_exchange'])?.toUpperCase() ?? null };
}

function readIdentifiers(raw: RawRow): Omit<Identifiers, 'sicCode'> {
  return {
    cik: /^\d{1,10}$/.exec(toText(raw['cik']) ?? '')?.[0] ?? null,
    compositeFigi: toFigi(raw['composite_figi']),
    shareClassFigi: toFigi(raw['share_class_figi']),
  };
}

/** `o`, `h`, `l`, `c` in USD and `v` in shares, a fraction where parts of shares were traded. */
function toBar(raw: RawRow, symbol: string, { session, maxPriceUsd }: TickerSession): BarRecord {
  const price = (key: string, name: string) => parsePrice(raw[key], name, maxPriceUsd);
  const optional = (key: string, name: string) => (raw[key] === undefined ? null : price(key, name));
  const prices = {
    open: optional('o', 'open'),
    high: optional('h', 'high'),
    low: optional('l', 'low'),
    close: price('c', 'close'),
  };
  assertRange(prices);
  return { symbol, date: session, ...prices, volume: parseWhole(raw['v'], 'volume', 'VOLUME_INVALID') ?? 0 };
}

function toPreviousClose({ previous, splitRatio, dividendUsd }: TickerSession): number | null {
  const close = toDecimal(previous?.['c']);
  if (close === null || close <= 0) return null;
  const adjusted = Number((close / splitRatio - dividendUsd).toFixed(6));
  return adjusted > 0 ? adjusted : null;
}

function toCount(value: unknown): number | null {
  const count = toDecimal(value);
  return count !== null && count > 0 && count <= Number.MAX_SAFE_INTEGER ? Math.round(count) : null;
}

function toDate(value: unknown): SessionDate | null {
  return toSessionDate(toText(value)?.slice(0, 10) ?? '');
}

function toFigi(value: unknown): string | null {
  return /^[A-Z0-9]{12}$/.exec(toText(value)?.toUpperCase() ?? '')?.[0] ?? null;
}

function toSicCode(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : toText(value);
  return text !== null && /^\d{1,4}$/.test(text) ? text.padStart(4, '0') : null;
}

/** `ELECTRONIC COMPUTERS` → `Electronic Computers`. */
function toTitle(text: string | null): string | null {
  return text?.toLowerCase().replaceAll(/(^|[\s(/&-])([a-z])/g, (found) => found.toUpperCase()) ?? null;
}

/** Massive gives the address of stocks in the United States by its state alone; others have no address. */
function toCountry(address: unknown): string | null {
  return typeof address === 'object' && address !== null && 'state' in address && US_STATE.test(String(address.state))
    ? 'United States'
    : null;
}

const US_STATE =
  /^(A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])$/;
