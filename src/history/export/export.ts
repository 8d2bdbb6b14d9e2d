import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { stringify } from 'csv-stringify/sync';
import type { TradingCalendar } from '../../core/calendar.js';
import { PipelineError } from '../../core/errors.js';
import type { ExportFormat } from '../../core/export-formats.js';
import type { SessionDate } from '../../core/session.js';
import { VERSION } from '../../core/version.js';
import { copyCsv } from '../../db/copy.js';
import type { Database } from '../../db/database.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { sessionText } from '../../db/portable-columns.js';
import { resolveMoment, toKnownAt } from '../point-in-time.js';
import { EXPORT_KINDS, EXPORT_QUERIES, type ExportRange } from './queries.js';
import { toParquet } from './to-parquet.js';

const SNAPSHOT = { isolation: 'repeatable read' } as const;
const NEWLINE = 10;

export interface ExportRequest {
  /** Must not exist; it appears when everything is written. */
  readonly folder: string;
  /** Default: the first and the last session with bars. */
  readonly from?: SessionDate | undefined;
  readonly to?: SessionDate | undefined;
  /** What was known then: an instant with its offset, or a date, which is the end of that day in New York. Default: now. */
  readonly knownAt?: string | undefined;
  /** Default: csv. */
  readonly format?: ExportFormat | undefined;
  /** Whether CSV files are packed with gzip; Parquet is packed by itself. */
  readonly gzip?: boolean | undefined;
  /** Called before a file is written. */
  readonly onFile?: ((name: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** `manifest.json` of an export. The same data, range and time give the same manifest, byte by byte. */
export interface ExportManifest {
  readonly version: string;
  readonly from: SessionDate;
  readonly to: SessionDate;
  /** UTC; null: what is known now. */
  readonly knownAt: string | null;
  readonly files: readonly ExportedFile[];
}

interface ExportedFile {
  readonly name: string;
  /** Without the header line. */
  readonly rows: number;
  readonly bytes: number;
  /** Of the file as it is stored, in hex. */
  readonly sha256: string;
}

/**
 * Writes bars, memberships, securities, actions, factors, universes and sessions of a range as CSV or Parquet files with a manifest, from one snapshot.
 *
 * Edges: the folder appears as a whole; a failed or cancelled export leaves nothing.
 * @throws EOD_USAGE when the folder is taken or cannot be written, or there are no bars; EOD_SESSION_INVALID
 */
export async function writeExport(
  database: Database,
  calendar: TradingCalendar,
  request: ExportRequest,
): Promise<ExportManifest> {
  const folder = resolve(request.folder);
  await assertFree(folder);
  const part = `${folder}.part-${process.pid}`;
  const moment = await resolveMoment(database, calendar, { knownAt: request.knownAt });
  try {
    await mkdir(part, { recursive: true });
    const manifest = await database.transaction(
      async ({ client }) => {
        const { knownAt } = moment;
        const known = { knownAt: toKnownAt(moment), newest: knownAt === null ? null : moment.session };
        const range = { ...(await findRange(client, request)), ...known };
        const files: ExportedFile[] = [];
        const add = async (name: string, chunks: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> => {
          request.onFile?.(name);
          files.push(await writeTable(part, name, chunks, request));
        };
        await add('sessions', [Buffer.from(toSessions(calendar, range))]);
        for (const [name, query] of Object.entries(EXPORT_QUERIES)) await add(name, copyCsv(client, query(range)));
        return { version: VERSION, from: range.from, to: range.to, knownAt, files };
      },
      request.signal,
      SNAPSHOT,
    );
    await writeFile(join(part, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(part, folder);
    return manifest;
  } catch (error) {
    // What made the export fail is what a caller should know.
    await rm(part, { recursive: true, force: true }).catch(() => undefined);
    throw toUsage(error, folder);
  }
}

async function assertFree(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found === undefined) return;
  throw new PipelineError('EOD_USAGE', `${folder} exists`, {
    hint: 'name a folder that does not exist; an export never replaces one',
  });
}

async function findRange(
  client: Parameters<typeof kyselyOn>[0],
  { from, to }: ExportRequest,
): Promise<Pick<ExportRange, 'from' | 'to'>> {
  const at = (order: 'asc' | 'desc') =>
    kyselyOn(client)
      .selectFrom('public.ohlcv_daily')
      .select(sessionText('date').as('day'))
      .orderBy('date', order)
      .limit(1)
      .executeTakeFirst();
  const [first, last] = [from ?? (await at('asc'))?.day, to ?? (await at('desc'))?.day];
  if (first === undefined || last === undefined || first > last) {
    throw new PipelineError(
      'EOD_USAGE',
      first === undefined ? 'there are no bars to export' : `${first} is after ${last}`,
      {
        hint: first === undefined ? 'run a session first' : 'exchange --from and --to',
      },
    );
  }
  return { from: first, to: last };
}

function toSessions(calendar: TradingCalendar, { from, to }: ExportRange): string {
  const rows = calendar.between(from, to).map((session) => ({
    session,
    close: new Date(calendar.closeAt(session)).toISOString(),
    is_early_close: calendar.isEarlyClose(session),
  }));
  return stringify(rows, {
    header: true,
    columns: ['session', 'close', 'is_early_close'],
    cast: { boolean: (value) => (value ? 't' : 'f') },
  });
}

async function writeTable(
  folder: string,
  name: string,
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  { format = 'csv', gzip = false }: ExportRequest,
): Promise<ExportedFile> {
  let rows = 0;
  if (format === 'parquet') {
    const tables = toParquet(chunks, EXPORT_KINDS[name] ?? {}, () => (rows += 1));
    const written = await writeBytes(folder, `${name}.parquet`, tables, false);
    return { ...written, rows };
  }
  const written = await writeBytes(
    folder,
    `${name}.csv${gzip ? '.gz' : ''}`,
    countLines(chunks, (lines) => (rows += lines)),
    gzip,
  );
  return { ...written, rows: rows - 1 };
}

async function* countLines(
  chunks: AsyncIterable<Buffer> | Iterable<Buffer>,
  onLines: (lines: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    let lines = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
    onLines(lines);
    yield chunk;
  }
}

/**
 * The hash is of what is stored.
 *
 * The rows are read in a loop and not by `pipeline`: a stream that is destroyed leaves the rest of a COPY on the connection, and a loop that
 * stops early reads it.
 */
async function writeBytes(
  folder: string,
  name: string,
  chunks: AsyncIterable<Buffer>,
  isPacked: boolean,
): Promise<Omit<ExportedFile, 'rows'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  const hashed = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  const input = isPacked ? createGzip() : new PassThrough();
  const stored = pipeline([input, hashed, createWriteStream(join(folder, name))]);
  // The failure is reported where the promise is awaited; until then it must not end the process as an unhandled rejection.
  stored.catch(() => undefined);
  try {
    for await (const chunk of chunks) {
      if (!input.write(chunk)) await Promise.race([once(input, 'drain'), stored]);
    }
    input.end();
  } catch (error) {
    input.destroy(error instanceof Error ? error : new Error(String(error)));
    await stored.catch(() => undefined);
    throw error;
  }
  await stored;
  return { name, bytes, sha256: hash.digest('hex') };
}

/** Codes of a file system that a lost connection, which names a system call as well, does not have. */
const UNWRITABLE: ReadonlySet<unknown> = new Set(
  'EACCES EDQUOT EEXIST EFBIG EIO EISDIR EMFILE ENAMETOOLONG ENOSPC ENOTDIR ENOTEMPTY EROFS'.split(' '),
);

/** A failure of the file system is the caller's to correct; any other is thrown on. */
function toUsage(error: unknown, folder: string): unknown {
  // A transaction gives what failed inside it as a cause.
  const failure = [error, error instanceof Error ? error.cause : undefined].find(
    (each) => each instanceof Error && 'code' in each && UNWRITABLE.has(each.code),
  );
  if (!(failure instanceof Error)) return error;
  return new PipelineError('EOD_USAGE', `${basename(folder)} cannot be written: ${failure.message}`, {
    hint: 'free space, or name a folder that this user can write; nothing of the export was left',
    cause: error,
  });
}
