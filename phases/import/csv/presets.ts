import type { CsvField } from '../../../src/core/csv-form.js';
import type { CsvSettings } from '../../../src/config/schema/csv.js';

/** How the files of a vendor are written. */
export interface CsvPreset {
  readonly title: string;
  readonly columns?: Partial<Record<CsvField, string>>;
  readonly dateFormat?: CsvSettings['dateFormat'];
  readonly symbolSuffix?: string;
  /** Of the name of a file of one symbol, without its ending: the group is the symbol. Absent: the whole name. */
  readonly fileSymbol?: RegExp;
  /** Of prices that are adjusted for later splits: what that means for a user. Absent: as traded. */
  readonly adjusted?: string;
}

/**
 * Vendors' files, one entry each. Every entry names the page that it was read from, and when.
 */
export const PRESETS: Readonly<Record<CsvSettings['preset'], CsvPreset>> = {
  none: { title: 'columns by their names' },
  // https://massive.com/docs/flat-files/stocks/day-aggregates, November 2026: one file a session, `window_start` is midnight in New York in
  // nanoseconds, prices are not adjusted.
  massive: {
    title: 'Massive flat files, day aggregates',
    columns: { symbol: 'ticker', date: 'window_start' },
    dateFormat: 'nanoseconds',
  },
  // https://www.quantstart.com/articles/an-introduction-to-stooq-pricing-data/ and the header of its files, November 2026: symbols end in .US,
  // dates are YYYYMMDD in the database files and YYYY-MM-DD in downloads of one symbol, which are named after it.
  stooq: {
    title: 'Stooq',
    symbolSuffix: '.US',
    fileSymbol: /^(.+?)[._]us(?:_[dwmqy])?$/i,
    adjusted: 'Stooq adjusts prices for splits and dividends',
  },
  // https://help.yahoo.com/kb/SLN2311.html, "About historical prices", November 2026: a file a symbol, named after it; `Adj Close` is adjusted
  // for dividends too and is not read.
  yahoo: {
    title: "Yahoo Finance's download",
    columns: { close: 'Close' },
    adjusted: 'Yahoo adjusts prices for splits',
  },
};
