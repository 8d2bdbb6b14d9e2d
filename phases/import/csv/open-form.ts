import { basename } from 'node:path';
import { PipelineError } from '../../../src/core/errors.js';
import type { Config } from '../../../src/config/schema/index.js';
import { findColumns, type FoundColumns } from './columns.js';
import { RowReader, type DateTexts, type RowForm } from './row-reader.js';
import { PRESETS } from './presets.js';
import { TABLE } from './find-files.js';
import { isParquet } from './read-parquet.js';
import type { CsvFile } from './table-file.js';

/** What forms of all files have in common. */
export interface FormContext {
  readonly config: Config['import'];
  readonly dates: DateTexts;
}

/** The form of a file's rows, and the reader of its records. */
export interface OpenForm {
  readonly header: readonly string[];
  readonly form: RowForm;
  readonly reader: RowReader;
  readonly found: FoundColumns;
}

/**
 * The form of a file, from its header, the preset and the settings, which count before the preset.
 *
 * @param isDated whether the file is named after its session: it needs no column for the date
 * @throws EOD_SOURCE_INVALID when the close, the date or the symbol is nowhere
 */
export function openForm(
  header: readonly string[],
  file: CsvFile,
  { config, isDated, dates }: FormContext & { readonly isDated: boolean },
): OpenForm {
  const { csv } = config;
  const preset = PRESETS[csv.preset];
  const found = findColumns(
    header,
    { ...preset.columns, ...csv.columns },
    { file: file.name, setting: 'import.csv.columns' },
  );
  const { columns } = found;
  // A file of one symbol is named after it.
  const symbol = columns.has('symbol') || isDated ? null : toFileSymbol(file, preset.fileSymbol);
  const missing = [
    ...(columns.has('close') ? [] : ['close']),
    ...(columns.has('date') || isDated ? [] : ['date']),
    ...(columns.has('symbol') || symbol !== null ? [] : ['symbol']),
  ];
  if (missing.length > 0) {
    throw new PipelineError('EOD_SOURCE_INVALID', `${file.name} has no column for the ${missing.join(' and the ')}`, {
      hint: `its first line is ${header.join(', ')}: name the columns in import.csv.columns, or those of files without a header line in import.csv.header`,
    });
  }
  const settings = {
    // Numbers of Parquet are not text.
    decimal: isParquet(file) ? ('point' as const) : csv.decimal,
    dateFormat: csv.dateFormat === 'auto' ? (preset.dateFormat ?? 'auto') : csv.dateFormat,
    symbolSuffix: csv.symbolSuffix || (preset.symbolSuffix ?? ''),
  };
  const form = { origin: file.name, width: header.length, columns, settings, maxPriceUsd: config.maxPriceUsd, symbol };
  return { header, form, reader: new RowReader(form, dates), found };
}

function toFileSymbol({ path }: CsvFile, pattern: RegExp | undefined): string {
  const stem = basename(path).replace(TABLE, '');
  return (pattern?.exec(stem)?.[1] ?? stem).toUpperCase();
}
