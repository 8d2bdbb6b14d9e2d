import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CsvError, parse } from 'csv-parse';
import { PipelineError } from '../../../src/core/errors.js';
import { CSV_DELIMITERS } from '../../../src/core/csv-form.js';
import type { CsvSettings } from '../../../src/config/schema/csv.js';
import { isParquet, readParquet } from './read-parquet.js';
import type { CsvFile, CsvRecord } from './table-file.js';

/** A line longer than this is not one of a table: such as 10 GB of zeros in a gzip file. */
const MAX_RECORD_BYTES = 100_000;
/** The first line decides the delimiter. */
const FIRST_BYTES = 64 * 1024;
const NOTHING_IMPORTED = 'nothing of this session was imported';

/**
 * Reads a CSV or TSV file, packed or not, as a stream; or a Parquet file.
 *
 * Shape:  the header first (row 1, or the configured one or that of Parquet as row 0), then every record, of any number of columns; empty lines
 *         are left out.
 * Edges:  a byte order mark, either end of line and quotes are understood. A header that is repeated is left out.
 * @throws EOD_SOURCE_INVALID when the file cannot be read to its end, has no header or changes while it is read
 */
export async function* readRecords(
  file: CsvFile,
  settings: Pick<CsvSettings, 'delimiter' | 'header'>,
  signal: AbortSignal,
): AsyncGenerator<CsvRecord> {
  const { name } = file;
  const before = await versionOf(file);
  try {
    yield* isParquet(file) ? readParquet(file, signal) : readText(file, settings, signal);
  } catch (error) {
    if (signal.aborted || error instanceof PipelineError) throw error;
    throw describeFailure(file, error);
  }
  if ((await versionOf(file)) !== before) {
    throw new PipelineError('EOD_SOURCE_INVALID', `${name} changed while it was read`, {
      hint: `run it again when the file is complete; ${NOTHING_IMPORTED}`,
    });
  }
}

async function* readText(
  { path, name }: CsvFile,
  settings: Pick<CsvSettings, 'delimiter' | 'header'>,
  signal: AbortSignal,
): AsyncGenerator<CsvRecord> {
  const delimiter =
    settings.delimiter === 'auto' ? await findDelimiter(path, signal) : CSV_DELIMITERS[settings.delimiter];
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
  });
  const bytes = openBytes(path, signal);
  // The error of any step ends the parser, whose reader is below.
  pipeline(bytes, parser, () => undefined);
  let header: readonly string[] | undefined;
  try {
    if (settings.header !== undefined) {
      header = settings.header;
      yield { row: 0, values: header };
    }
    let row = 0;
    for await (const values of parser as AsyncIterable<string[]>) {
      row += 1;
      if (header !== undefined && isSame(values, header)) continue;
      header ??= values;
      yield { row, values };
    }
  } finally {
    bytes.destroy();
  }
  if (header === undefined) {
    throw new PipelineError('EOD_SOURCE_INVALID', `${name} is empty`, { hint: `fetch it again; ${NOTHING_IMPORTED}` });
  }
}

function openBytes(path: string, signal: AbortSignal): Readable {
  const bytes = createReadStream(path, { signal });
  if (!path.endsWith('.gz')) return bytes;
  const unpacked = createGunzip();
  pipeline(bytes, unpacked, () => undefined);
  return unpacked;
}

async function findDelimiter(path: string, signal: AbortSignal): Promise<string> {
  const bytes = openBytes(path, signal);
  let text = '';
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      text += chunk.toString('latin1');
      if (text.includes('\n') || text.length > FIRST_BYTES) break;
    }
  } catch {
    // The same error appears when the file is read.
  } finally {
    bytes.destroy();
  }
  const [first = ''] = text.split(/\r?\n/, 1);
  const counts = Object.values(CSV_DELIMITERS).map((each) => ({ each, count: first.split(each).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).each;
}

/** What changes when a file is written. @throws EOD_SOURCE_MISSING, EOD_SOURCE_INVALID when it cannot be looked at */
export async function versionOf({ path, name }: CsvFile): Promise<string> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw describeFailure({ path, name }, error);
    throw new PipelineError('EOD_SOURCE_MISSING', `there is no file ${path}`, { hint: NOTHING_IMPORTED, cause: error });
  });
  return `${found.ino}/${found.size}/${found.mtimeMs}`;
}

function isSame(values: readonly string[], header: readonly string[]): boolean {
  return (
    values[0] === header[0] && values.length === header.length && values.every((value, at) => value === header[at])
  );
}

function describeFailure(file: CsvFile, error: unknown): PipelineError {
  const { name } = file;
  const { code = '', message } = error as NodeJS.ErrnoException;
  const line = error instanceof CsvError && 'lines' in error ? `, in line ${String(error.lines)}` : '';
  const what =
    code === 'CSV_MAX_RECORD_SIZE'
      ? `has a line of more than ${MAX_RECORD_BYTES} characters`
      : code === 'CSV_QUOTE_NOT_CLOSED'
        ? 'has a quote that is never closed'
        : code.startsWith('Z_')
          ? `is not complete gzip: ${message}`
          : isParquet(file)
            ? `is not a complete Parquet file: ${message}`
            : `cannot be read${line}: ${message}`;
  return new PipelineError('EOD_SOURCE_INVALID', `${name} ${what}`, {
    hint: `fetch the file again; ${NOTHING_IMPORTED}`,
    cause: error,
  });
}
