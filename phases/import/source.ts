import type { SessionDate } from '../../src/core/session.js';
import type { Config } from '../../src/config/schema/index.js';
import type { TradingCalendar } from '../../src/core/calendar.js';
import type { Database, Transaction } from '../../src/db/database.js';
import type { SourceCheck } from './source-check.js';
import type { SecurityType } from './rows/security-type.js';

/** Reference data of one listed security as its source has it for a session. Unknown facts are null, never a placeholder. */
export interface SymbolRecord {
  readonly symbol: string;
  readonly name: string | null;
  /** `NASDAQ`, `NYSE`, `AMEX`, … upper case. */
  readonly exchange: string | null;
  readonly type: SecurityType | null;
  readonly active: boolean;
  readonly marketCapUsd: number | null;
  readonly sharesOutstanding: number | null;
  readonly sector: string | null;
  readonly industry: string | null;
  readonly country: string | null;
  readonly listDate: SessionDate | null;
  readonly delistedDate: SessionDate | null;
  readonly etf: EtfRecord | null;
}

interface EtfRecord {
  readonly etfType: string | null;
  readonly issuer: string | null;
  readonly aumMillions: number | null;
  /** Percent per year: 0.03 is three basis points. */
  readonly expenseRatioPct: number | null;
  readonly underlyingIndex: string | null;
  readonly inceptionDate: SessionDate | null;
}

/** One daily bar. Prices in USD, volume in shares; open, high and low are null where the source has none. */
export interface BarRecord {
  readonly symbol: string;
  readonly date: SessionDate;
  readonly open: number | null;
  readonly high: number | null;
  readonly low: number | null;
  readonly close: number;
  readonly volume: number;
}

/** What a source states about a session besides the bar. */
export interface SourceQuote {
  /** USD, adjusted for splits and dividends: the reference of the source's change. Null: none given, or a first day. */
  readonly previousClose: number | null;
  /** Whether the source marks this as the first trading day of the security. */
  readonly isFirstDay: boolean;
  /** Year of listing; absent or null: none stated. */
  readonly listingYear?: number | null;
}

/** Identifiers of a security that outlive its ticker. Null: the source states none. */
export interface Identifiers {
  /** Of the company, by the SEC: up to ten digits. */
  readonly cik: string | null;
  /** Of the security on its market, and of its share class: twelve capitals and digits. */
  readonly compositeFigi: string | null;
  readonly shareClassFigi: string | null;
  /** Four digits. */
  readonly sicCode: string | null;
}

/** A refused row and the reason; stored in `pipeline.rejected_row`. */
export interface RejectedRow {
  /** File or feed of the row, and its position in it, from 1. */
  readonly origin: string;
  readonly rowNumber: number;
  readonly symbol: string | null;
  /** The row as JSON text. */
  readonly raw: string;
  readonly reason: RejectionReason;
  /** The value found and what is allowed. */
  readonly detail: string;
}

export type RejectionReason =
  | 'NOT_A_ROW'
  | 'SYMBOL_INVALID'
  | 'SYMBOL_DUPLICATE'
  | 'PRICE_INVALID'
  | 'PRICE_OUT_OF_RANGE'
  | 'VOLUME_INVALID'
  | 'MARKET_CAP_INVALID';

/** One valid row: reference data, and the session's bar where the security traded. */
export interface Listing {
  readonly origin: string;
  readonly rowNumber: number;
  readonly symbol: SymbolRecord;
  readonly bar: BarRecord | null;
  /** Absent when the source has none. */
  readonly identifiers?: Identifiers;
  /** Absent when the source has none. */
  readonly quote?: SourceQuote;
}

export type SourceRow = { readonly listing: Listing } | { readonly rejected: RejectedRow };

export interface SourceRequest {
  readonly session: SessionDate;
  readonly signal: AbortSignal;
  /** True when the database has no bars at all: a source may then deliver earlier sessions too. */
  readonly firstLoad: boolean;
  readonly transaction: Transaction;
}

/** The data of a source for a session: rows to write, or the note that the host has already written them. */
export type SourceFeed =
  | {
      readonly kind: 'rows';
      readonly rows: AsyncIterable<SourceRow> | Iterable<SourceRow>;
      /** Bars of earlier sessions, for an initial load only. */
      readonly history?: { readonly bars: Iterable<BarRecord>; readonly sessions: number };
      readonly warnings?: readonly string[];
    }
  | {
      readonly kind: 'verified';
      readonly symbols: number;
      readonly bars: number;
      readonly warnings: readonly string[];
    };

/** Origin of the market data of a session. */
export interface MarketSource {
  readonly id: string;
  readonly title: string;
  /** HH:MM in New York from which the data of the day is usually there; absent where nothing is known. */
  readonly publishesAt?: string;
  /** Refuses, before any work, a session that the source cannot have. */
  assertAvailable?(session: SessionDate): Promise<void>;
  /**
   * Finds the data of the session. Read only: the phase writes, in the same way for every source.
   * @throws EOD_SOURCE_MISSING, EOD_SOURCE_INVALID, EOD_SOURCE_MISMATCH, also while its rows are read
   */
  open(request: SourceRequest): Promise<SourceFeed>;
  /** Reads one session, the newest where none is given, and says how. Of a source of files. */
  check?(request: { readonly session?: SessionDate | undefined; readonly signal: AbortSignal }): Promise<SourceCheck>;
  /** Releases what the source keeps between sessions; called when the pipeline closes. */
  close?(): Promise<void>;
}

/** Constructor parameters of every source. */
export interface SourceParts {
  readonly config: Config;
  readonly calendar: TradingCalendar;
  readonly database: Database;
}
