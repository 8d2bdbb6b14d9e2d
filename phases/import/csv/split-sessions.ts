import { createReadStream } from 'node:fs';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { SessionDate } from '../../../src/core/session.js';
import { processState } from '../../../src/db/process-state.js';
import type { CsvRecord } from './table-file.js';

/** Rows that wait in memory until they are written, characters: together, of all sessions. */
const WAITING_LIMIT = 8_000_000;

const PREFIX = 'tickstock-csv-';

/** A record and the file it is in, by its number. */
export interface SplitRecord {
  readonly file: number;
  readonly record: CsvRecord;
}

/**
 * Rows of files with many sessions, divided by session in a temporary folder: files are then read once, however many sessions are imported
 * and however their rows are sorted.
 */
export class SessionSplit {
  private readonly waiting = new Map<string, string[]>();
  private waitingLength = 0;
  /** Rows of each session. */
  readonly counts = new Map<SessionDate, number>();

  private constructor(private readonly folder: string) {}

  static async create(): Promise<SessionSplit> {
    await removeAbandoned();
    return new SessionSplit(await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)));
  }

  /** @returns whether so many rows wait that `flush` should be called */
  add(session: SessionDate, { file, record }: SplitRecord): boolean {
    this.counts.set(session, (this.counts.get(session) ?? 0) + 1);
    const line = `${JSON.stringify([file, record.row, record.values])}\n`;
    const waiting = this.waiting.get(session);
    if (waiting === undefined) this.waiting.set(session, [line]);
    else waiting.push(line);
    this.waitingLength += line.length;
    return this.waitingLength > WAITING_LIMIT;
  }

  async flush(): Promise<void> {
    for (const [session, lines] of this.waiting) await appendFile(join(this.folder, session), lines.join(''));
    this.waiting.clear();
    this.waitingLength = 0;
  }

  async *read(session: SessionDate): AsyncGenerator<SplitRecord> {
    const lines = createInterface({ input: createReadStream(join(this.folder, session)), crlfDelay: Infinity });
    for await (const line of lines) {
      const [file, row, values] = JSON.parse(line) as [number, number, string[]];
      yield { file, record: { row, values } };
    }
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Folders of processes that were killed before they could remove them. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const [, pid] = /^tickstock-csv-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && processState(Number(pid)) === 'gone')
      await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}
