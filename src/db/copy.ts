import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { TimeSlice } from '../core/time-slice.js';

/** A value of a COPY column. Arrays are text arrays. */
export type CopyValue = string | number | boolean | null | readonly string[];

const FLUSH_CHARACTERS = 1 << 16;
const NEEDS_ESCAPE = /[\\\t\n\r]/;

/**
 * Streams rows into a table: 370-530 k rows/s against 2.5 k for single inserts.
 *
 * Shape:  `target` is `table (column, …)`, trusted text; each row has one value per column, in order.
 * @returns the number of rows sent
 */
export async function copyIn(
  client: PoolClient,
  target: string,
  rows: Iterable<readonly CopyValue[]>,
): Promise<number> {
  const stream = client.query(copyFrom(`copy ${target} from stdin`));
  const stored = finished(stream);
  // The failure is reported where the promise is awaited; until then it must not end the process as an unhandled rejection.
  stored.catch(() => undefined);
  // A socket without backpressure never makes the writer wait, and would block the event loop until the last row. When the server refuses a
  // row, the stream accepts no more data: the writer must be notified first.
  const slice = new TimeSlice();
  let count = 0;
  let buffer = '';
  try {
    for (const row of rows) {
      buffer += formatCopyRow(row);
      count += 1;
      if (buffer.length <= FLUSH_CHARACTERS) continue;
      if (!stream.write(buffer)) await Promise.race([once(stream, 'drain'), stored]);
      buffer = '';
      if (slice.isOver) await Promise.race([slice.next(), stored]);
    }
    stream.end(buffer);
  } catch (error) {
    // Sends CopyFail, so that the server discards the rows it has.
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
    await stored.catch(() => undefined);
    throw error;
  }
  await stored;
  return count;
}

/**
 * Streams the rows of a query as text columns, batch by batch, in constant memory and without the driver's per-field parsing.
 *
 * Shape: `query` is a select. COPY has no bound parameters: values must be escaped literals.
 * Edges: a null column is `null`; every other column has the server's text form.
 */
export async function* copyOut(client: PoolClient, query: string): AsyncGenerator<(string | null)[][]> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const slice = new TimeSlice();
  let rest = '';
  for await (const chunk of readCopy(client.query(copyTo(`copy (${query}) to stdout`)))) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf('\n') + 1;
    rest = text.slice(end);
    if (end > 0) yield parseCopyText(text.slice(0, end));
    // Buffered data is returned without a turn of the event loop.
    if (slice.isOver) await slice.next();
  }
}

/**
 * The rows of a query as the bytes of a CSV file with a header line: a null is empty, text of several words is quoted where it has to be.
 *
 * Shape: as `copyOut`. Edges: a reader that stops early waits for the rest of the answer.
 */
export async function* copyCsv(client: PoolClient, query: string): AsyncGenerator<Buffer> {
  yield* readCopy(client.query(copyTo(`copy (${query}) to stdout (format csv, header true)`)));
}

async function* readCopy(stream: Readable): AsyncGenerator<Buffer> {
  try {
    yield* stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } finally {
    // A reader that stops early leaves the rest of the answer on the connection, which then cannot be used for anything else.
    if (!stream.readableEnded && !stream.destroyed) await finished(stream.resume()).catch(() => undefined);
  }
}

/** Rows from complete lines of COPY text. */
export function parseCopyText(text: string): (string | null)[][] {
  return text.slice(0, -1).split('\n').map(parseCopyLine);
}

/** One row in the text format of COPY, with its newline. */
export function formatCopyRow(row: readonly CopyValue[]): string {
  let line = '';
  for (let column = 0; column < row.length; column += 1) {
    if (column > 0) line += '\t';
    line += formatCopyValue(row[column] ?? null);
  }
  return `${line}\n`;
}

function formatCopyValue(value: CopyValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'string') return escapeCopyText(value);
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 't' : 'f';
  if (value.length === 0) return '{}';
  return escapeCopyText(`{${value.map((item) => `"${item.replace(/["\\]/g, '\\$&')}"`).join(',')}}`);
}

function escapeCopyText(text: string): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  return text.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replace(/\n/g, '\\n').replace(/\r/g, '\\r');
}

function parseCopyLine(line: string): (string | null)[] {
  const columns: (string | null)[] = line.split('\t');
  if (!line.includes('\\')) return columns;
  return columns.map((column) => (column === '\\N' ? null : unescapeCopyText(column as string)));
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

function unescapeCopyText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(.)/gs, (_, character: string) => ESCAPES[character] ?? character);
}
