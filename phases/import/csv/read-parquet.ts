import { PipelineError } from '../../../src/core/errors.js';
import { TimeSlice } from '../../../src/core/time-slice.js';
import type { CsvFile, CsvRecord } from './table-file.js';

/** A group of rows is decoded as a whole; larger ones would not fit into the memory of a small machine. */
const MAX_GROUP_BYTES = 1_000_000_000;
const DAY_MS = 86_400_000;
/** Decoded rows come without waiting for anything: after so many, others may need the event loop. */
const CHECKED_ROWS = 1000;

/** Ending of a Parquet file. */
export const PARQUET = /\.parquet$/i;

/** Whether a file is Parquet, by its name. */
export function isParquet({ path }: Pick<CsvFile, 'path'>): boolean {
  return PARQUET.test(path);
}

/**
 * Reads a Parquet file, one group of rows at a time.
 *
 * Shape:  the names of the columns as row 0, then every row from 1 as text, as a CSV file would have it. Nested columns are left out.
 * Units:  a date or a time at midnight UTC is `YYYY-MM-DD`, another time its Unix milliseconds; a 4-byte float has its 7 digits; null and NaN
 *         are blank.
 * @throws EOD_SOURCE_INVALID when the file is not complete, or a group of rows is larger than 1 GB
 */
export async function* readParquet({ path, name }: CsvFile, signal: AbortSignal): AsyncGenerator<CsvRecord> {
  // Loaded by those who read such files: every command and service would wait for it otherwise.
  const { asyncBufferFromFile, parquetMetadataAsync, parquetRead, parquetSchema } = await import('hyparquet');
  const { compressors } = await import('hyparquet-compressors');
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const leaves = parquetSchema(metadata).children.filter(({ children }) => children.length === 0);
  const columns = leaves.map(({ element }) => element.name);
  const isFloat = leaves.map(({ element }) => element.type === 'FLOAT');
  yield { row: 0, values: columns };
  const slice = new TimeSlice();
  let row = 0;
  for (const { num_rows: rows, total_byte_size: bytes } of metadata.row_groups) {
    signal.throwIfAborted();
    assertFits(Number(bytes), name);
    const cursors = columns.map(() => new Cursor());
    await parquetRead({
      file,
      metadata,
      columns,
      compressors,
      rowStart: row,
      rowEnd: row + Number(rows),
      onChunk: ({ columnName, columnData }) => cursors[columns.indexOf(columnName)]?.add(columnData),
    });
    for (const end = row + Number(rows); row < end;) {
      row += 1;
      if (row % CHECKED_ROWS === 0 && slice.isOver) {
        await slice.next();
        signal.throwIfAborted();
      }
      yield { row, values: cursors.map((cursor, at) => toText(cursor.next(), isFloat[at] === true)) };
    }
  }
}

/** The values of one column of a group, page after page. */
class Cursor {
  private readonly pages: ArrayLike<unknown>[] = [];
  private page = 0;
  private at = 0;

  add(page: ArrayLike<unknown>): void {
    if (page.length > 0) this.pages.push(page);
  }

  next(): unknown {
    const page = this.pages[this.page];
    const value = page?.[this.at];
    this.at += 1;
    if (page !== undefined && this.at >= page.length) {
      this.page += 1;
      this.at = 0;
    }
    return value;
  }
}

function assertFits(bytes: number, name: string): void {
  if (bytes <= MAX_GROUP_BYTES) return;
  throw new PipelineError('EOD_SOURCE_INVALID', `${name} has a group of rows of ${Math.round(bytes / 1e6)} MB`, {
    hint: 'write it with smaller row groups, such as one million rows; nothing of this session was imported',
  });
}

function toText(value: unknown, isFloat: boolean): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return toNumberText(isFloat ? Number(value.toPrecision(FLOAT_DIGITS)) : value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return value instanceof Date ? toTimeText(value.getTime()) : '';
  }
}

const FLOAT_DIGITS = 7;

/** Without an exponent, which prices in text have not. */
function toNumberText(value: number): string {
  if (Number.isNaN(value)) return '';
  const text = String(value);
  return text.includes('e') && Math.abs(value) < 1 ? value.toFixed(12) : text;
}

function toTimeText(ms: number): string {
  if (ms % DAY_MS !== 0) return String(ms);
  const known = DAYS.get(ms);
  if (known !== undefined) return known;
  const text = new Date(ms).toISOString().slice(0, 10);
  if (DAYS.size < DAYS_LIMIT) DAYS.set(ms, text);
  return text;
}

/** Days as text: files have few different ones and many rows, and writing one takes as long as the rest of its row. */
const DAYS = new Map<number, string>();
const DAYS_LIMIT = 50_000;
