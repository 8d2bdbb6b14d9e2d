import { Option, type Command } from 'commander';
import { CSV_PRESETS, type Config } from '../index.js';

/** Flags that say where market data comes from, the same for every command that imports. */
export interface SourceOptions {
  readonly source?: string;
  readonly dir?: string;
  readonly preset?: Config['import']['csv']['preset'];
  readonly reference?: string;
}

export function addSourceOptions(command: Command): Command {
  return addCsvOptions(
    command
      .option(
        '--source <id>',
        'source of market data: csv, parquet, massive, massive-flatfiles, screener, existing, sample',
      )
      .option(
        '--dir <path>',
        'files of --source csv, parquet or massive-flatfiles, or the folder with one folder per session of --source screener',
      ),
  );
}

export function addCsvOptions(command: Command): Command {
  return command
    .addOption(new Option('--preset <name>', 'of --source csv or parquet: vendor of the files').choices(CSV_PRESETS))
    .option('--reference <path>', 'of the sources of files: one with the facts of the symbols');
}

/** The settings that the flags set. */
export function toImportFlags({ source, dir, preset, reference }: SourceOptions) {
  return { import: { source, dir, csv: { preset, reference } } };
}
