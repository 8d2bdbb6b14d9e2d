import type { SessionDate } from '../../../src/core/session.js';
import type { CsvField } from '../../../src/core/csv-form.js';
import {
  describe,
  isBlank,
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
import type { BarRecord, SourceQuote, SourceRow, SymbolRecord } from '../source.js';
import type { Columns } from './columns.js';
import { parseDate } from './parse-date.js';
import type { CsvRecord } from './read-records.js';
import { toSecurityType } from '../rows/security-type-names.js';
import { classifySecurity } from '../rows/security-type.js';
import type { CsvSettings } from '../../../src/config/schema/csv.js';

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
    return parseSymbol(isSuffixed ? text.slice(0, -suffix.length) : text);
  }

  /** @throws Refusal of a date that is not one in the format of the file */
  date(record: CsvRecord): SessionDate {
    const text = this.value(record, 'date') ?? '';
    let date = this.dates.get(text);
    if (date === undefined) {
      date = parseDate(text, this.form.settings.dateFormat);
      if (this.dates.size >= DATES_LIMIT) this.dates.clear();
      this.dates.set(text, date);
    }
    if (date !== null) return date;
    throw new Refusal('NOT_A_ROW', `date is ${describe(text)}; the format is ${this.form.settings.dateFormat}`);
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

  /** @throws Refusal of a market cap or a number of shares that is not one */
  facts(record: CsvRecord, symbol: string): RowFacts {
    const listDate = parseDate(this.value(record, 'listDate') ?? '', this.form.settings.dateFormat);
    const listingYear = parseListingYear(this.value(record, 'listingYear'));
    const [name, type, exchange] = [
      this.text(record, 'name'),
      this.text(record, 'type'),
      this.text(record, 'exchange'),
    ];
    const [country, industry] = [this.text(record, 'country'), this.text(record, 'industry')];
    const guessed = name === null ? null : classifySecurity({ symbol, name, exchange, country, industry });
    const facts = {
      name,
      exchange: exchange?.toUpperCase() ?? null,
      type: type === null ? guessed : toSecurityType(type),
      country,
      sector: this.text(record, 'sector'),
      industry,
      // Zero means unknown.
      marketCapUsd: parseWhole(this.number(record, 'marketCap'), 'marketCap', 'MARKET_CAP_INVALID') || null,
      sharesOutstanding:
        parseWhole(this.number(record, 'sharesOutstanding'), 'sharesOutstanding', 'MARKET_CAP_INVALID') || null,
      listDate,
      listingYear,
    };
    return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== null));
  }

  private text(record: CsvRecord, field: CsvField): string | null {
    return toText(this.value(record, field));
  }
}

/**
 * Reads the bar of one record, with what it and the reference file state about its symbol.
 *
 * Shape:  a record → a listing of its session, or the row with the reason for its refusal. Never throws.
 * Units:  prices and caps in USD, volume in shares.
 * Edges:  an empty close means that the security did not trade. A previous close of zero, or a change that equals the close, means that there
 *         was none: a first day, unless another listing year or list date is stated.
 */
export function parseBarRow(
  record: CsvRecord,
  {
    reader,
    form,
    session,
    reference,
  }: {
    readonly reader: RowReader;
    readonly form: RowForm;
    readonly session: SessionDate;
    readonly reference: ReadonlyMap<string, RowFacts>;
  },
): SourceRow {
  try {
    assertWidth(record, form);
    const symbol = reader.symbol(record);
    const { listingYear = null, ...facts } = { ...reference.get(symbol), ...reader.facts(record, symbol) };
    const bar = parseBar(record, { reader, symbol, session });
    const quote: SourceQuote = { ...parseQuote(record, { reader, bar, facts, session, listingYear }), listingYear };
    return {
      listing: {
        origin: form.origin,
        rowNumber: record.row,
        symbol: {
          symbol,
          ...UNKNOWN,
          ...facts,
          listDate: facts.listDate ?? (quote.isFirstDay ? session : null),
          active: true,
          delistedDate: null,
          etf: null,
        },
        bar,
        quote,
      },
    };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const place = { origin: form.origin, rowNumber: record.row };
    return { rejected: rejectRow(record.values, place, error, form.symbol ?? reader.value(record, 'symbol')) };
  }
}

const UNKNOWN = {
  name: null,
  exchange: null,
  type: null,
  marketCapUsd: null,
  sharesOutstanding: null,
  sector: null,
  industry: null,
  country: null,
  listDate: null,
};

/** @throws Refusal of a record with more or fewer columns than the header: its values are not where their names say */
export function assertWidth({ values }: CsvRecord, { width }: Pick<RowForm, 'width'>): void {
  // A separator at the end of each line makes an empty column more.
  const extra = values.slice(width).some((value) => value.trim() !== '');
  if (values.length >= width && !extra) return;
  throw new Refusal('NOT_A_ROW', `the row has ${values.length} columns, the header ${width}`);
}

function parseBar(
  record: CsvRecord,
  { reader, symbol, session }: { reader: RowReader; symbol: string; session: SessionDate },
): BarRecord | null {
  const close = reader.price(record, 'close');
  if (close === null) return null;
  const [open, high, low] = [reader.price(record, 'open'), reader.price(record, 'high'), reader.price(record, 'low')];
  if (high !== null && low !== null && high < low)
    throw new Refusal('PRICE_INVALID', `high is ${high} and low is ${low}; allowed is a low of at most the high`);
  for (const [name, price] of [
    ['open', open],
    ['close', close],
  ] as const) {
    if (price === null || (price <= (high ?? price) && price >= (low ?? price))) continue;
    throw new Refusal(
      'PRICE_INVALID',
      `${name} is ${price}, outside low ${low ?? 'unknown'} and high ${high ?? 'unknown'}`,
    );
  }
  const volume = parseWhole(reader.number(record, 'volume'), 'volume', 'VOLUME_INVALID') ?? 0;
  return { symbol, date: session, open, high, low, close, volume };
}

function parseQuote(
  record: CsvRecord,
  {
    reader,
    bar,
    facts,
    session,
    listingYear,
  }: {
    reader: RowReader;
    bar: BarRecord | null;
    facts: RowFacts;
    session: SessionDate;
    listingYear: number | null;
  },
): Pick<SourceQuote, 'previousClose' | 'isFirstDay'> {
  if (bar === null) return { previousClose: null, isFirstDay: false };
  const [change, previous] = [reader.number(record, 'change'), reader.number(record, 'previousClose')];
  const isMarked =
    /^(1|y|yes|true|t)$/i.test(reader.value(record, 'firstDay')?.trim() ?? '') ||
    toDecimal(change) === bar.close ||
    toDecimal(previous) === 0;
  const isOlder =
    (listingYear !== null && String(listingYear) !== session.slice(0, 4)) ||
    (facts.listDate !== undefined && facts.listDate !== null && facts.listDate < session);
  const stated = isBlank(previous)
    ? toPreviousClose(change, bar.close)
    : toPreviousClose('0', toDecimal(previous) ?? 0);
  return { previousClose: isMarked ? null : stated, isFirstDay: isMarked && !isOlder };
}
