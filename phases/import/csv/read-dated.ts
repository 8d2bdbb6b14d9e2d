import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { Refusal, rejectRow } from '../rows/row-values.js';
import type { SourceRow } from '../source.js';
import { openForm, type FormContext, type OpenForm } from './open-form.js';
import { parseBarRow } from './parse-row.js';
import { readRecords } from './read-records.js';
import type { CsvFile, CsvRecord } from './table-file.js';
import type { Reference } from './read-reference.js';

/** More rows than this are not one session of any market; a listing of each is held in memory. */
const MAX_ROWS = 1_000_000;

/**
 * The rows of files that are named after a session. A row of another day is refused.
 * @throws EOD_SOURCE_INVALID when a file has no rows or cannot be read, EOD_SOURCE_MISMATCH when all of its rows are of other days
 */
export async function* readDated(
  files: readonly CsvFile[],
  {
    session,
    reference,
    signal,
    ...context
  }: FormContext & {
    readonly session: SessionDate;
    readonly reference: Reference;
    readonly signal: AbortSignal;
  },
): AsyncGenerator<SourceRow> {
  let total = 0;
  for (const file of files) {
    let form: OpenForm | undefined;
    let [rows, ofOthers] = [0, 0];
    for await (const record of readRecords(file, context.config.csv, signal)) {
      if (form === undefined) {
        form = openForm(record.values, file, { ...context, isDated: true });
        continue;
      }
      assertFew(++total, session);
      rows += 1;
      const other = findOtherDate(record, form, session);
      if (other === null) {
        yield parseBarRow(record, { ...form, session, reference });
        continue;
      }
      ofOthers += 1;
      const place = { origin: file.name, rowNumber: record.row };
      yield { rejected: rejectRow(record.values, place, other, form.reader.value(record, 'symbol')) };
    }
    if (rows > 0 && ofOthers < rows) continue;
    throw new PipelineError(
      rows === 0 ? 'EOD_SOURCE_INVALID' : 'EOD_SOURCE_MISMATCH',
      rows === 0 ? `${file.name} has no rows` : `no row of ${file.name} is of ${session}`,
      { hint: 'fetch the file again; nothing of this session was imported' },
    );
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

/** @throws EOD_SOURCE_INVALID for more rows than a session has */
export function assertFew(rows: number, session: SessionDate): void {
  if (rows <= MAX_ROWS) return;
  throw new PipelineError('EOD_SOURCE_INVALID', `there are more than ${MAX_ROWS} rows of ${session}`, {
    hint: 'a session has one row per symbol: check whether the files are daily bars; nothing of this session was imported',
  });
}
