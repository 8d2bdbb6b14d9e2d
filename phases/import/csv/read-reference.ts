import { basename } from 'node:path';
import { PipelineError } from '../../../src/core/errors.js';
import type { CsvSettings } from '../../../src/config/schema/csv.js';
import { Refusal } from '../rows/row-values.js';
import { findColumns } from './columns.js';
import { assertWidth, RowReader, type RowFacts, type RowForm } from './row-reader.js';
import { readRecords } from './read-records.js';

/** Facts of every symbol of the reference file. */
export type Reference = ReadonlyMap<string, RowFacts>;

/**
 * Reads the reference file: a row per symbol, with the facts that its columns state.
 *
 * Edges: of several rows of a symbol the last counts.
 * @throws EOD_SOURCE_INVALID when it cannot be read, has no symbols or a row that is not valid: a symbol without its facts would leave universes
 */
export async function readReference(path: string, settings: CsvSettings, signal: AbortSignal): Promise<Reference> {
  const name = basename(path);
  const reference = new Map<string, RowFacts>();
  let reader: { readonly form: RowForm; readonly rows: RowReader } | undefined;
  for await (const record of readRecords({ path, name }, { delimiter: settings.delimiter }, signal)) {
    if (reader === undefined) {
      const { columns } = findColumns(record.values, settings.referenceColumns, {
        file: name,
        setting: 'import.csv.referenceColumns',
      });
      if (!columns.has('symbol')) {
        throw new PipelineError('EOD_SOURCE_INVALID', `${name} has no column for the symbol`, {
          hint: `its columns are ${record.values.join(', ')}: name it in import.csv.referenceColumns.symbol`,
        });
      }
      const width = record.values.length;
      const form: RowForm = { origin: name, width, columns, settings, maxPriceUsd: Infinity, symbol: null };
      reader = { form, rows: new RowReader(form) };
      continue;
    }
    try {
      assertWidth(record, reader.form);
      const symbol = reader.rows.symbol(record);
      reference.set(symbol, reader.rows.facts(record));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new PipelineError('EOD_SOURCE_INVALID', `row ${record.row} of ${name}: ${error.message}`, {
        hint: 'correct the row; nothing of this session was imported',
      });
    }
  }
  return reference;
}
