import type { SessionDate } from '../../../src/core/session.js';
import { assertRange } from '../rows/assert-range.js';
import { isBlank, parseWhole, Refusal, rejectRow, toDecimal, toPreviousClose } from '../rows/row-values.js';
import { classifySecurity, type SecurityType } from '../rows/security-type.js';
import { UNKNOWN_FACTS } from '../rows/unknown-facts.js';
import type { BarRecord, SourceQuote, SourceRow } from '../source.js';
import type { CsvRecord } from './table-file.js';
import { assertWidth, type RowFacts, type RowForm, type RowReader } from './row-reader.js';

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
    const { listingYear = null, ...facts } = { ...reference.get(symbol), ...reader.facts(record) };
    const bar = parseBar(record, { reader, symbol, session });
    const quote: SourceQuote = { ...parseQuote(record, { reader, bar, facts, session, listingYear }), listingYear };
    return {
      listing: {
        origin: form.origin,
        rowNumber: record.row,
        symbol: {
          symbol,
          ...UNKNOWN_FACTS,
          ...facts,
          type: facts.type ?? guessType(symbol, facts),
          listDate: facts.listDate ?? (quote.isFirstDay ? session : null),
          active: true,
          delistedDate: null,
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

/** The type that the name says; null without one. */
function guessType(symbol: string, { name = null, exchange, country, industry }: RowFacts): SecurityType | null {
  if (name === null) return null;
  return classifySecurity({
    symbol,
    name,
    exchange: exchange ?? null,
    country: country ?? null,
    industry: industry ?? null,
  });
}

function parseBar(
  record: CsvRecord,
  { reader, symbol, session }: { reader: RowReader; symbol: string; session: SessionDate },
): BarRecord | null {
  const close = reader.price(record, 'close');
  if (close === null) return null;
  const [open, high, low] = [reader.price(record, 'open'), reader.price(record, 'high'), reader.price(record, 'low')];
  assertRange({ open, high, low, close });
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
  const stated = isBlank(previous) ? toPreviousClose(change, bar.close) : toPositive(toDecimal(previous));
  return { previousClose: isMarked ? null : stated, isFirstDay: isMarked && !isOlder };
}

function toPositive(price: number | null): number | null {
  return price !== null && price > 0 ? Number(price.toFixed(6)) : null;
}
