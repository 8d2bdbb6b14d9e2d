import { PipelineError } from '../../../src/core/errors.js';
import { formatCounted } from '../../../src/core/format-count.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { CsvSettings } from '../../../src/config/schema/csv.js';
import { collectRows } from '../collect.js';
import { describeCheck } from '../csv/describe-check.js';
import { assertSession, findFiles } from '../csv/find-files.js';
import { openForm, type OpenForm } from '../csv/open-form.js';
import { parseBarRow, type DateTexts } from '../csv/parse-row.js';
import { PRESETS } from '../csv/presets.js';
import { readRecords, versionOf, type CsvFile, type CsvRecord } from '../csv/read-records.js';
import { readReference, type Reference } from '../csv/read-reference.js';
import { SessionSplit } from '../csv/split-sessions.js';
import { Refusal, rejectRow } from '../rows/row-values.js';
import type { SourceCheck } from '../source-check.js';
import type { MarketSource, SourceFeed, SourceParts, SourceRequest, SourceRow } from '../source.js';

/** More rows than this are not one session of any market; a listing of each is held in memory. */
const MAX_ROWS = 1_000_000;
const MAX_UNDATED = 10_000;

type CheckRequest = Parameters<NonNullable<MarketSource['check']>>[0];
type RowsFeed = Extract<SourceFeed, { kind: 'rows' }>;

/** What files with many sessions had when they were read. */
interface SplitFiles {
  readonly version: string;
  readonly split: SessionSplit;
  readonly forms: readonly OpenForm[];
  /** Rows whose date cannot be read: they may be of any session. */
  readonly undated: readonly { readonly form: OpenForm; readonly record: CsvRecord; readonly refusal: Refusal }[];
}

/**
 * Bars in CSV or TSV files: one file or more a session, named after it, or files with many sessions; with facts of the symbols in the same
 * rows or in a reference file.
 *
 * Files with many sessions are read once and their rows divided by session (`split-sessions.ts`), until a file changes.
 */
export class CsvSource implements MarketSource {
  readonly id = 'csv';
  readonly title = 'CSV files';
  private splitFiles: SplitFiles | undefined;
  private readonly dates: DateTexts = new Map();

  constructor(private readonly parts: SourceParts) {}

  async assertAvailable(session: SessionDate): Promise<void> {
    const files = await findFiles(this.place, this.settings.reference);
    if (files.kind === 'dated') assertSession(files.bySession, session, this.place);
    else await this.splitUndated(files.files, session, new AbortController().signal);
  }

  async open({ session, signal }: Pick<SourceRequest, 'session' | 'signal'>): Promise<RowsFeed> {
    const { settings } = this;
    const reference =
      settings.reference === undefined ? new Map() : await readReference(settings.reference, settings, signal);
    const files = await findFiles(this.place, settings.reference);
    if (files.kind === 'dated') {
      const ofSession = assertSession(files.bySession, session, this.place);
      return {
        kind: 'rows',
        rows: this.readDated(ofSession, { session, reference, signal }),
        warnings: this.listWarnings(),
      };
    }
    const found = await this.splitUndated(files.files, session, signal);
    return { kind: 'rows', rows: this.readSplit(found, { session, reference }), warnings: this.listWarnings(found) };
  }

  async check({ session: asked, signal }: CheckRequest): Promise<SourceCheck> {
    const files = await findFiles(this.place, this.settings.reference);
    const bySession: ReadonlyMap<SessionDate, unknown> =
      files.kind === 'dated' ? files.bySession : (await this.splitUndated(files.files, asked, signal)).split.counts;
    const sessions = [...bySession.keys()].filter((date) => this.parts.calendar.isSession(date)).toSorted();
    const session = asked ?? sessions.at(-1) ?? ('' as SessionDate);
    assertSession(bySession, session, this.place);
    const feed = await this.open({ session, signal });
    const rows = await collectRows(feed.rows, () => undefined);
    const origin = rows.listings[0]?.origin ?? rows.rejected[0]?.origin;
    const all = files.kind === 'dated' ? [...files.bySession.values()].flat() : files.files;
    const { form, header } = await this.readForm(
      all.find(({ name }) => name === origin) ?? all[0],
      files.kind === 'dated',
      signal,
    );
    return {
      source: this.id,
      form: PRESETS[this.settings.preset].title,
      place: this.place,
      files: all.length,
      sessions: { count: sessions.length, first: sessions[0] ?? session, last: sessions.at(-1) ?? session },
      session,
      ...describeCheck(rows, form, header, feed.warnings ?? []),
    };
  }

  private async readForm(file: CsvFile | undefined, isDated: boolean, signal: AbortSignal) {
    if (file === undefined) throw new Error('a session without a file');
    for await (const { values } of readRecords(file, this.settings, signal))
      return { header: values, form: openForm(values, file, this.toForm(isDated)) };
    throw new Error('a file without a header');
  }

  /** Removes the rows that were divided by session. */
  async close(): Promise<void> {
    await this.splitFiles?.split.remove();
    this.splitFiles = undefined;
  }

  private toForm(isDated: boolean) {
    return { config: this.parts.config.import, isDated, dates: this.dates };
  }

  private get place(): string {
    const { dir } = this.parts.config.import;
    if (dir !== undefined) return dir;
    throw new PipelineError('EOD_SOURCE_MISSING', 'the csv source needs a file or a folder', {
      hint: 'add --dir PATH with a CSV file, or the folder that holds them',
    });
  }

  private get settings(): CsvSettings {
    return this.parts.config.import.csv;
  }

  private async *readDated(
    files: readonly CsvFile[],
    { session, reference, signal }: { session: SessionDate; reference: Reference; signal: AbortSignal },
  ): AsyncGenerator<SourceRow> {
    let total = 0;
    for (const file of files) {
      let form: OpenForm | undefined;
      let [rows, ofOthers] = [0, 0];
      for await (const record of readRecords(file, this.settings, signal)) {
        if (form === undefined) {
          form = openForm(record.values, file, this.toForm(true));
          continue;
        }
        assertFew(++total, session);
        rows += 1;
        const other = findOtherDate(record, form, session);
        if (other !== null) ofOthers += 1;
        yield other === null
          ? parseBarRow(record, { ...form, session, reference })
          : {
              rejected: rejectRow(
                record.values,
                { origin: file.name, rowNumber: record.row },
                other,
                form.reader.value(record, 'symbol'),
              ),
            };
      }
      if (rows > 0 && ofOthers < rows) continue;
      throw new PipelineError(
        rows === 0 ? 'EOD_SOURCE_INVALID' : 'EOD_SOURCE_MISMATCH',
        rows === 0 ? `${file.name} has no rows` : `no row of ${file.name} is of ${session}`,
        { hint: 'fetch the file again; nothing of this session was imported' },
      );
    }
  }

  private async *readSplit(
    { split, forms, undated }: SplitFiles,
    { session, reference }: { session: SessionDate; reference: Reference },
  ): AsyncGenerator<SourceRow> {
    for (const { form, record, refusal } of undated) {
      const place = { origin: form.form.origin, rowNumber: record.row };
      yield {
        rejected: rejectRow(record.values, place, refusal, form.form.symbol ?? form.reader.value(record, 'symbol')),
      };
    }
    for await (const { file, record } of split.read(session)) {
      const form = forms[file];
      if (form !== undefined) yield parseBarRow(record, { ...form, session, reference });
    }
  }

  /** @throws EOD_SOURCE_MISSING when the files have no row of the session */
  private async splitUndated(
    files: readonly CsvFile[],
    session: SessionDate | undefined,
    signal: AbortSignal,
  ): Promise<SplitFiles> {
    const version = JSON.stringify(await Promise.all(files.map(async (file) => [file.name, await versionOf(file)])));
    if (this.splitFiles?.version !== version) {
      await this.close();
      this.splitFiles = await this.split(files, version, signal);
    }
    if (session !== undefined) assertFew(assertSession(this.splitFiles.split.counts, session, this.place), session);
    return this.splitFiles;
  }

  private async split(files: readonly CsvFile[], version: string, signal: AbortSignal): Promise<SplitFiles> {
    const split = await SessionSplit.create();
    const [forms, undated]: [OpenForm[], SplitFiles['undated'][number][]] = [[], []];
    try {
      for (const [number, file] of files.entries()) {
        let form: OpenForm | undefined;
        for await (const record of readRecords(file, this.settings, signal)) {
          if (form === undefined) {
            form = openForm(record.values, file, this.toForm(false));
            forms.push(form);
            continue;
          }
          try {
            if (split.add(form.reader.date(record), { file: number, record })) await split.flush();
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
            undated.push({ form, record, refusal: error });
            assertDated(undated.length, file, error);
          }
        }
      }
      await split.flush();
      return { version, split, forms, undated };
    } catch (error) {
      await split.remove();
      throw error;
    }
  }

  private listWarnings(found?: SplitFiles): string[] {
    const { calendar, config } = this.parts;
    const { adjusted } = PRESETS[config.import.csv.preset];
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

function findOtherDate(record: CsvRecord, { reader }: OpenForm, session: SessionDate): Refusal | null {
  if (!reader.has('date')) return null;
  try {
    const date = reader.date(record);
    return date === session ? null : new Refusal('NOT_A_ROW', `the row is of ${date}, the file of ${session}`);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

/** Rows without a date belong to no session: so many mean that the format is another one. */
function assertDated(undated: number, { name }: CsvFile, refusal: Refusal): void {
  if (undated <= MAX_UNDATED) return;
  throw new PipelineError(
    'EOD_SOURCE_INVALID',
    `${name} has more than ${MAX_UNDATED} rows whose date cannot be read: ${refusal.message}`,
    {
      hint: 'name the format in import.csv.dateFormat; nothing of this session was imported',
    },
  );
}

function assertFew(rows: number, session: SessionDate): void {
  if (rows <= MAX_ROWS) return;
  throw new PipelineError('EOD_SOURCE_INVALID', `there are more than ${MAX_ROWS} rows of ${session}`, {
    hint: 'a session has one row per symbol: check whether the files are daily bars; nothing of this session was imported',
  });
}
