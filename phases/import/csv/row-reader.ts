import type { SessionDate } from '../../../src/core/session.js';
import type { CsvField } from '../../../src/core/csv-form.js';
import type { CsvSettings } from '../../../src/config/schema/csv.js';
import { toCapitals } from '../rows/consolidated-symbol.js';
import {
  describe,
  isBlank,
  parseListingYear,
  parsePrice,
  parseSymbol,
  parseWhole,
  Refusal,
  toText,
} from '../rows/row-values.js';
import { toSecurityType } from '../rows/security-type-names.js';
import type { SymbolRecord } from '../source.js';
import type { Columns } from './columns.js';
import { parseDate } from './parse-date.js';
import type { CsvRecord } from './table-file.js';

/** What the rows of one file have in common. */
export interface RowForm {
  /** Name of the file. */
  readonly origin: string;
  readonly width: number;
  readonly columns: Columns;
  readonly settings: Pick<CsvSettings, 'decimal' | 'dateFormat' | 'symbolSuffix'>;
  readonly maxPriceUsd: number;
  /** Of a file that is named after its symbol. */
  readonly symbol: string | null;
}

/** Facts of a symbol as a row states them; what it does not state is absent. */
export type RowFacts = Partial<Omit<SymbolRecord, 'symbol' | 'active' | 'etf'>> & { readonly listingYear?: number };

/** Texts of one date format, and the days that they name. */
export type DateTexts = Map<string, SessionDate | null>;
/** More than the sessions of a century; a file may have a different text in every row. */
const DATES_LIMIT = 50_000;

/** Reads the fields of one record by name. */
export class RowReader {
  /** @param dates those that were read before: files have few different ones and many rows */
  constructor(
    private readonly form: RowForm,
    private readonly dates: DateTexts = new Map(),
  ) {}

  has(field: CsvField): boolean {
    return this.form.columns.has(field);
  }

  value({ values }: CsvRecord, field: CsvField): string | undefined {
    const at = this.form.columns.get(field);
    return at === undefined ? undefined : values[at];
  }

  /** @throws Refusal */
  symbol(record: CsvRecord): string {
    const { symbol, settings } = this.form;
    const text = (symbol ?? this.value(record, 'symbol') ?? '').trim();
    const { symbolSuffix: suffix } = settings;
    const isSuffixed = suffix !== '' && text.toUpperCase().endsWith(suffix.toUpperCase());
    return parseSymbol(toCapitals(isSuffixed ? text.slice(0, -suffix.length) : text));
  }

  /** @throws Refusal of a date that is not one in the format of the file */
  date(record: CsvRecord): SessionDate {
    return this.day(record, 'date');
  }

  /** The number as text with a decimal point. */
  number(record: CsvRecord, field: CsvField): string | undefined {
    const text = this.value(record, field);
    return text === undefined || this.form.settings.decimal === 'point'
      ? text
      : text.replaceAll('.', '').replace(',', '.');
  }

  /** @throws Refusal of a price that is not one */
  price(record: CsvRecord, field: CsvField): number | null {
    const text = this.number(record, field);
    return isBlank(text) ? null : parsePrice(text, field, this.form.maxPriceUsd);
  }

  /** @throws Refusal of a market cap, a number of shares or a list date that is not one */
  facts(record: CsvRecord): RowFacts {
    const type = this.text(record, 'type');
    const facts = {
      name: this.text(record, 'name'),
      exchange: this.text(record, 'exchange')?.toUpperCase() ?? null,
      type: type === null ? null : toSecurityType(type),
      country: this.text(record, 'country'),
      sector: this.text(record, 'sector'),
      industry: this.text(record, 'industry'),
      // Zero means unknown.
      marketCapUsd: parseWhole(this.number(record, 'marketCap'), 'marketCap', 'MARKET_CAP_INVALID') || null,
      sharesOutstanding:
        parseWhole(this.number(record, 'sharesOutstanding'), 'sharesOutstanding', 'MARKET_CAP_INVALID') || null,
      listDate: isBlank(this.value(record, 'listDate')) ? null : this.day(record, 'listDate'),
      listingYear: parseListingYear(this.value(record, 'listingYear')),
    };
    return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
  }

  private day(record: CsvRecord, field: CsvField): SessionDate {
    const text = this.value(record, field) ?? '';
    let date = this.dates.get(text);
    if (date === undefined) {
      date = parseDate(text, this.form.settings.dateFormat);
      if (this.dates.size >= DATES_LIMIT) this.dates.clear();
      this.dates.set(text, date);
    }
    if (date !== null) return date;
    throw new Refusal('NOT_A_ROW', `${field} is ${describe(text)}; the format is ${this.form.settings.dateFormat}`);
  }

  private text(record: CsvRecord, field: CsvField): string | null {
    return toText(this.value(record, field));
  }
}

/** @throws Refusal of a record with more or fewer columns than the header: its values are not where their names say */
export function assertWidth({ values }: CsvRecord, { width }: Pick<RowForm, 'width'>): void {
  // A separator at the end of each line makes an empty column more.
  const extra = values.slice(width).some((value) => value.trim() !== '');
  if (values.length >= width && !extra) return;
  throw new Refusal('NOT_A_ROW', `the row has ${values.length} columns, the header ${width}`);
}
