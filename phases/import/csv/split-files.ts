import { PipelineError } from '../../../src/core/errors.js';
import { Refusal, rejectRow } from '../rows/row-values.js';
import type { SourceRow } from '../source.js';
import type { SessionDate } from '../../../src/core/session.js';
import { openForm, type OpenForm, type FormContext } from './open-form.js';
import { parseBarRow } from './parse-row.js';
import { readRecords, versionOf } from './read-records.js';
import type { CsvFile, CsvRecord } from './table-file.js';
import type { Reference } from './read-reference.js';
import { SessionSplit } from './split-sessions.js';

const MAX_UNDATED = 10_000;

/** Files with many sessions, as they were when they were read. */
export interface SplitFiles {
  readonly version: string;
  readonly split: SessionSplit;
  /** By the number of the file. */
  readonly forms: readonly OpenForm[];
  /** Rows whose date cannot be read: they may be of any session. */
  readonly undated: readonly { readonly form: OpenForm; readonly record: CsvRecord; readonly refusal: Refusal }[];
}

/** Changes when any of the files is written. */
export async function versionOfAll(files: readonly CsvFile[]): Promise<string> {
  return JSON.stringify(await Promise.all(files.map(async (file) => [file.name, await versionOf(file)])));
}

/**
 * Reads files once and divides their rows by session.
 * @throws EOD_SOURCE_INVALID when a file cannot be read, or has too many rows without a date; nothing is left behind
 */
export async function splitFiles(
  files: readonly CsvFile[],
  context: FormContext,
  signal: AbortSignal,
): Promise<SplitFiles> {
  const version = await versionOfAll(files);
  const split = await SessionSplit.create();
  const [forms, undated]: [OpenForm[], SplitFiles['undated'][number][]] = [[], []];
  try {
    for (const [number, file] of files.entries()) {
      let form: OpenForm | undefined;
      for await (const record of readRecords(file, context.config.csv, signal)) {
        if (form === undefined) {
          form = openForm(record.values, file, { ...context, isDated: false });
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

/** The rows of a session, and those that may be of it. */
export async function* readSplit(
  { split, forms, undated }: SplitFiles,
  { session, reference }: { readonly session: SessionDate; readonly reference: Reference },
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

/** Rows without a date belong to no session: so many mean that the format is another one. */
function assertDated(undated: number, { name }: CsvFile, refusal: Refusal): void {
  if (undated <= MAX_UNDATED) return;
  throw new PipelineError(
    'EOD_SOURCE_INVALID',
    `${name} has more than ${MAX_UNDATED} rows whose date cannot be read: ${refusal.message}`,
    { hint: 'name the format in import.csv.dateFormat; nothing of this session was imported' },
  );
}
