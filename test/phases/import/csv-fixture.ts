import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { collectRows, type CollectedRows } from '../../../phases/import/collect.js';
import { CsvSource } from '../../../phases/import/sources/csv.js';
import { loadConfig } from '../../../src/config/load.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import type { PipelineError } from '../../../src/core/errors.js';
import { parseSessionDate, type SessionDate } from '../../../src/core/session.js';

export const MONDAY = parseSessionDate('2026-06-29');
export const TUESDAY = parseSessionDate('2026-06-30');

const calendar = new TradingCalendar();

/** What the source has of a session. */
export interface CsvSession extends CollectedRows {
  readonly warnings: readonly string[];
}

/** A folder of CSV files, read by the source as a run reads it. */
export function useCsv() {
  let folder: string;
  const sources: CsvSource[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tickstock-csv-test-'));
  });

  afterEach(async () => {
    for (const source of sources.splice(0)) await source.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (files: Readonly<Record<string, string | Uint8Array | readonly string[]>>): string => {
    for (const [name, content] of Object.entries(files)) {
      const path = join(folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, Array.isArray(content) ? `${content.join('\n')}\n` : (content as string));
    }
    return folder;
  };
  const open = (csv: object = {}, dir = folder, Source: typeof CsvSource = CsvSource): CsvSource => {
    const { config } = loadConfig({ options: { import: { source: 'csv', dir, csv } } });
    const source = new Source({ config, calendar, database: {} as never });
    sources.push(source);
    return source;
  };
  const read = async (source: CsvSource, session: SessionDate = TUESDAY): Promise<CsvSession> => {
    const { signal } = new AbortController();
    const feed = await source.open({ session, signal });
    return { ...(await collectRows(feed.rows, () => undefined)), warnings: feed.warnings ?? [] };
  };
  const fail = async (source: CsvSource, session: SessionDate = TUESDAY): Promise<PipelineError> =>
    read(source, session).then(
      () => {
        throw new Error('it was read');
      },
      (error: unknown) => error as PipelineError,
    );
  return { folder: () => folder, write, open, read, fail };
}
