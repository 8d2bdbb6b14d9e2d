import { PipelineError } from '../../../src/core/errors.js';
import { formatCounted } from '../../../src/core/format-count.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { CsvSettings } from '../../../src/config/schema/csv.js';
import { collectRows } from '../collect.js';
import { describeCheck } from '../csv/describe-check.js';
import {
  assertSession,
  assertWrittenSince,
  findFiles,
  TABLES,
  type CsvFiles,
  type Endings,
} from '../csv/find-files.js';
import { openForm, type FormContext } from '../csv/open-form.js';
import type { DateTexts } from '../csv/row-reader.js';
import { PRESETS } from '../csv/presets.js';
import { assertFew, readDated } from '../csv/read-dated.js';
import { readRecords } from '../csv/read-records.js';
import type { CsvFile } from '../csv/table-file.js';
import { readReference, type Reference } from '../csv/read-reference.js';
import { readSplit, splitFiles, versionOfAll, type SplitFiles } from '../csv/split-files.js';
import type { SourceCheck } from '../source-check.js';
import type { MarketSource, SourceFeed, SourceParts, SourceRequest } from '../source.js';

type CheckRequest = Parameters<NonNullable<MarketSource['check']>>[0];
type RowsFeed = Extract<SourceFeed, { kind: 'rows' }>;

/**
 * Bars in CSV, TSV or Parquet files: one file or more a session, named after it, or files with many sessions; with facts of the symbols in the same
 * rows or in a reference file.
 *
 * Files with many sessions are read once and their rows divided by session (`split-files.ts`), until a file changes.
 */
export class CsvSource implements MarketSource {
  readonly id: string = 'csv';
  readonly title: string = 'CSV files';
  /** Of the files that are read. */
  protected readonly endings: Endings = TABLES;
  private splitFiles: SplitFiles | undefined;
  private readonly dates: DateTexts = new Map();

  constructor(private readonly parts: SourceParts) {}

  /** In a second at most: the caller may be an HTTP client. Files with many sessions are read when the run has begun. */
  async assertAvailable(session: SessionDate): Promise<void> {
    const files = await this.findFiles();
    if (files.kind === 'dated') assertSession(files.bySession, session, this.place);
    else if (this.splitFiles?.version === (await versionOfAll(files.files)))
      assertSession(this.splitFiles.split.counts, session, this.place);
    else await assertWrittenSince(files.files, session, this.place);
  }

  async open({ session, signal }: Pick<SourceRequest, 'session' | 'signal'>): Promise<RowsFeed> {
    const reference = await this.readReference(signal);
    const files = await this.findFiles();
    if (files.kind === 'dated') {
      const ofSession = assertSession(files.bySession, session, this.place);
      const rows = readDated(ofSession, { ...this.context, session, reference, signal });
      return { kind: 'rows', rows, warnings: this.listWarnings() };
    }
    const found = await this.split(files.files, signal);
    assertFew(assertSession(found.split.counts, session, this.place), session);
    return { kind: 'rows', rows: readSplit(found, { session, reference }), warnings: this.listWarnings(found) };
  }

  async check({ session: asked, signal }: CheckRequest): Promise<SourceCheck> {
    const files = await this.findFiles();
    const isDated = files.kind === 'dated';
    const bySession = isDated ? files.bySession : (await this.split(files.files, signal)).split.counts;
    const sessions = [...bySession.keys()].filter((date) => this.parts.calendar.isSession(date)).toSorted();
    const [first, last] = [sessions[0], sessions.at(-1)];
    if (first === undefined || last === undefined) {
      throw new PipelineError('EOD_SOURCE_MISSING', `${this.place} has no row of any session`, {
        hint: 'check the format of its dates, import.csv.dateFormat',
      });
    }
    const session = asked ?? last;
    const feed = await this.open({ session, signal });
    const rows = await collectRows(feed.rows, () => undefined);
    const origin = rows.listings[0]?.origin ?? rows.rejected[0]?.origin;
    const all = isDated ? [...files.bySession.values()].flat() : files.files;
    const header = await this.readHeader(all.find(({ name }) => name === origin) ?? all[0], signal);
    return {
      source: this.id,
      form: PRESETS[this.settings.preset].title,
      place: this.place,
      files: all.length,
      sessions: { count: sessions.length, first, last },
      session,
      ...describeCheck(rows, openForm(header.values, header.file, { ...this.context, isDated }), feed.warnings ?? []),
    };
  }

  /** Removes the rows that were divided by session. */
  async close(): Promise<void> {
    await this.splitFiles?.split.remove();
    this.splitFiles = undefined;
  }

  private get place(): string {
    const { dir } = this.parts.config.import;
    if (dir !== undefined) return dir;
    throw new PipelineError('EOD_SOURCE_MISSING', `the source ${this.id} needs a file or a folder`, {
      hint: 'add --dir PATH with a file, or the folder that holds them',
    });
  }

  protected get settings(): CsvSettings {
    return this.parts.config.import.csv;
  }

  private get context(): FormContext {
    return { config: { ...this.parts.config.import, csv: this.settings }, dates: this.dates };
  }

  private async findFiles(): Promise<CsvFiles> {
    return findFiles(this.place, { endings: this.endings, reference: this.settings.reference });
  }

  private async readReference(signal: AbortSignal): Promise<Reference> {
    const { reference } = this.settings;
    return reference === undefined ? new Map() : readReference(reference, this.settings, signal);
  }

  private async split(files: readonly CsvFile[], signal: AbortSignal): Promise<SplitFiles> {
    if (this.splitFiles?.version !== (await versionOfAll(files))) {
      await this.close();
      this.splitFiles = await splitFiles(files, this.context, signal);
    }
    return this.splitFiles;
  }

  private async readHeader(file: CsvFile | undefined, signal: AbortSignal) {
    if (file !== undefined)
      for await (const { values } of readRecords(file, this.settings, signal)) return { file, values };
    throw new Error('a session without a file');
  }

  private listWarnings(found?: SplitFiles): string[] {
    const { calendar } = this.parts;
    const { adjusted } = PRESETS[this.settings.preset];
    const closed = [...(found?.split.counts ?? [])].filter(([date]) => !calendar.isSession(date));
    const rows = closed.reduce((sum, [, count]) => sum + count, 0);
    return [
      ...(adjusted === undefined
        ? []
        : [
            `${adjusted}: load a history from one download; one made after a split has other prices for the sessions before it`,
          ]),
      ...(rows === 0
        ? []
        : [
            `${formatCounted(rows, 'row')} of days on which the exchange was closed are not read, the first of ${closed[0]?.[0] ?? ''}`,
          ]),
    ];
  }
}
