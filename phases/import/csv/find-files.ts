import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { PipelineError } from '../../../src/core/errors.js';
import { toSessionDate, type SessionDate } from '../../../src/core/session.js';
import type { CsvFile } from './table-file.js';

/** The files of a folder: one or more a session, named after it, or files of which each has many sessions. */
export type CsvFiles =
  | { readonly kind: 'dated'; readonly bySession: ReadonlyMap<SessionDate, readonly CsvFile[]> }
  | { readonly kind: 'undated'; readonly files: readonly CsvFile[] };

/** Which files of a folder are read, by their endings. */
export interface Endings {
  readonly pattern: RegExp;
  /** For people. */
  readonly words: string;
}

/** Ending of a file with a table. */
export const TABLE = /\.((csv|tsv|txt)(\.gz)?|parquet)$/i;
export const TABLES: Endings = {
  pattern: TABLE,
  words: '.csv, .tsv or .txt, packed with gzip or not, or .parquet',
};

/** `2026-06-30.csv.gz`, `nyse_20260630.csv`: a date that no digit touches. Two of them are a range. */
const DATE = /(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)/g;

/**
 * Finds the files of the source below a folder, or the one file that is given.
 *
 * Edges: hidden files and the reference file are left out. Where a name has a date, files without one are not read.
 * @throws EOD_SOURCE_MISSING when there is none, EOD_SOURCE_INVALID when a file is there packed and unpacked
 */
export async function findFiles(
  place: string,
  { endings, reference }: { readonly endings: Endings; readonly reference: string | undefined },
): Promise<CsvFiles> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) {
    throw new PipelineError('EOD_SOURCE_MISSING', `there is no file or folder ${place}`, { hint: 'check --dir' });
  }
  if (!found.isDirectory()) return { kind: 'undated', files: [{ path: place, name: basename(place) }] };
  const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new PipelineError('EOD_SOURCE_INVALID', `${place} cannot be read: ${(error as Error).message}`, {
      hint: 'make it readable for this user; nothing of this session was imported',
      cause: error,
    });
  });
  const files = entries
    .filter((entry) => entry.isFile() && endings.pattern.test(entry.name) && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => reference === undefined || resolve(path) !== resolve(reference))
    .toSorted()
    .map((path) => ({ path, name: relative(place, path) }));
  if (files.length === 0) {
    throw new PipelineError('EOD_SOURCE_MISSING', `${place} has no file that ends in ${endings.words}`, {
      hint: 'check --dir',
    });
  }
  assertOnce(files);
  const bySession = new Map<SessionDate, CsvFile[]>();
  for (const file of files) {
    const session = toFileDate(file.path);
    if (session === null) continue;
    bySession.set(session, [...(bySession.get(session) ?? []), file]);
  }
  return bySession.size === 0 ? { kind: 'undated', files } : { kind: 'dated', bySession };
}

function toFileDate(path: string): SessionDate | null {
  // Also of the folder of a partition: `date=2026-06-30/part-0.parquet`.
  const partition = /=[^=]*$/.exec(basename(dirname(path)))?.[0] ?? '';
  for (const text of [basename(path), partition]) {
    const [match, ...others] = text.matchAll(DATE);
    if (match !== undefined) return others.length > 0 ? null : toSessionDate(match.slice(1).join('-'));
  }
  return null;
}

const DAY_MS = 86_400_000;

/** A file and the same one packed, or in another form, are one table twice: which of them is newer cannot be known. */
function assertOnce(files: readonly CsvFile[]): void {
  const seen = new Map<string, string>();
  for (const { name } of files) {
    const stem = name.replace(TABLE, '');
    const other = seen.get(stem);
    if (other !== undefined) {
      throw new PipelineError('EOD_SOURCE_INVALID', `${other} and ${name} are the same file twice`, {
        hint: 'remove one of them',
      });
    }
    seen.set(stem, name);
  }
}

/** @throws EOD_SOURCE_MISSING naming the nearest session that is there */
export function assertSession<Value>(
  bySession: ReadonlyMap<SessionDate, Value>,
  session: SessionDate,
  place: string,
): Value {
  const found = bySession.get(session);
  if (found !== undefined) return found;
  const sessions = [...bySession.keys()].toSorted();
  const nearest = sessions.findLast((each) => each <= session) ?? sessions[0];
  throw new PipelineError('EOD_SOURCE_MISSING', `${place} has no rows of ${session}`, {
    hint:
      nearest === undefined
        ? 'check --dir and the format of its dates'
        : `it has ${sessions.length} sessions, ${sessions[0] ?? ''} to ${sessions.at(-1) ?? ''}; nearest: --session ${nearest}`,
  });
}

/**
 * Files that were last written before a session cannot have its rows; a day is left for clocks that differ.
 * @throws EOD_SOURCE_MISSING
 */
export async function assertWrittenSince(
  files: readonly CsvFile[],
  session: SessionDate,
  place: string,
): Promise<void> {
  const times = await Promise.all(files.map(async ({ path }) => (await stat(path)).mtimeMs));
  const newest = Math.max(...times);
  if (newest >= Date.parse(session) - DAY_MS) return;
  throw new PipelineError(
    'EOD_SOURCE_MISSING',
    `${place} was last written on ${new Date(newest).toISOString().slice(0, 10)}, before the session ${session}`,
    { hint: 'fetch its rows first; `tickstock source check` shows which sessions it has' },
  );
}
