import { Option } from 'commander';
import { EXPORT_FORMATS, type ExportFormat } from '../../index.js';
import {
  loadCliConfig,
  parseSessionOption,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { bold, formatCount, hasColor, writeJson, writeLine } from '../output.js';
import { KNOWN_AT_HELP } from '../point-in-time.js';
import { formatTable, widthOf } from '../table.js';

interface ExportOptions extends GlobalOptions {
  readonly from?: string;
  readonly to?: string;
  readonly knownAt?: string;
  readonly gzip?: boolean;
  readonly format: ExportFormat;
}

export const exportCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('export')
      .summary('write bars, memberships, securities and actions as CSV or Parquet files')
      .description(
        'Writes the sessions of a range into a new folder, from one snapshot: sessions, universes, memberships, securities, actions,\n' +
          'factors and bars as CSV or Parquet, and manifest.json with their rows and SHA-256. Memberships and actions can be those that were known\n' +
          'at a time; an open interval has an empty end. The same export twice is the same, byte by byte.',
      )
      .argument('<folder>', 'folder that does not exist yet')
      .option('--from <date>', 'first session, YYYY-MM-DD; default: the first with bars')
      .option('--to <date>', 'last session; default: the last with bars')
      .option('--known-at <time>', KNOWN_AT_HELP)
      .addOption(new Option('--format <name>', 'form of the files').choices(EXPORT_FORMATS).default('csv'))
      .option('--gzip', 'pack CSV files')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock export ./backtest\n  tickstock export ./june --from 2026-06-01 --to 2026-06-30 --gzip\n' +
          '  tickstock export ./backtest --format parquet\n  tickstock export ./as-believed --known-at 2026-06-25T22:30:00Z\n',
      )
      .action(async (folder: string, _: unknown, command: { optsWithGlobals(): ExportOptions }) => {
        const options = command.optsWithGlobals();
        const { json, gzip, knownAt, format } = options;
        const [from, to] = [parseSessionOption(options.from), parseSessionOption(options.to)];
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const manifest = await pipeline.history.export({
            folder,
            from,
            to,
            knownAt,
            gzip,
            format,
            signal: terminal.signal,
            onFile: (name) => {
              if (terminal.err.isTTY === true) writeLine(terminal.err, `  writing ${name}`);
            },
          });
          if (json) return writeJson(terminal, manifest);
          const files = manifest.files.map(({ name, rows, bytes, sha256 }) => [
            name,
            formatCount(rows),
            formatCount(bytes),
            sha256.slice(0, 12),
          ]);
          const title = `${folder}: ${manifest.from} to ${manifest.to}`;
          writeLine(terminal.out, bold(title, hasColor(terminal, terminal.out)));
          writeLine(
            terminal.out,
            formatTable(
              [
                { title: 'FILE', narrow: 'cut' },
                { title: 'ROWS', align: 'right' },
                { title: 'BYTES', align: 'right' },
                { title: 'SHA-256' },
              ],
              files,
              widthOf(terminal),
            ),
          );
        });
        setExitCode(0);
      });
  },
};
