import { checkSource, FINDINGS_EXIT_CODE, type SourceCheck } from '../../index.js';
import { loadCliConfig, parseSessionOption, type Command, type GlobalOptions } from '../command.js';
import { bold, formatCount, formatCounted, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { addCsvOptions, toImportFlags, type SourceOptions } from '../source-options.js';
import { formatTable, widthOf } from '../table.js';

interface CheckOptions extends GlobalOptions, SourceOptions {
  readonly session?: string;
}

export const sourceCommand: Command = {
  register(program, terminal, setExitCode) {
    const check = program
      .command('source')
      .summary('look at the files of a source before they are imported')
      .addHelpText('after', '\nExamples:\n  tickstock source check ./bars.csv.gz\n')
      .command('check')
      .argument('[path]', 'file or folder; default: import.dir')
      .summary('show how files would be read, and every problem')
      .description(
        'Reads one session of CSV files and shows which column is which field, the first rows as they would be read, the rows\n' +
          `that would be refused, and what to correct first. Nothing is written. Ends with ${FINDINGS_EXIT_CODE} when there is something to correct.`,
      );
    addCsvOptions(check.option('--source <id>', 'source of market data', 'csv'))
      .option('--session <date>', 'session to read, YYYY-MM-DD; default: the newest in the files')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock source check ./bars.csv.gz\n  tickstock source check ./stooq --preset stooq --session 2026-06-30\n' +
          '  tickstock source check ./bars --reference ./symbols.csv --json\n',
      )
      .action(async (path: string | undefined, _: unknown, command: { optsWithGlobals(): CheckOptions }) => {
        const options = command.optsWithGlobals();
        const { config } = loadCliConfig(
          options,
          terminal,
          toImportFlags({ ...options, ...(path !== undefined && { dir: path }) }),
        );
        const found = await checkSource(config, {
          session: parseSessionOption(options.session),
          signal: terminal.signal,
          sources: terminal.extensions?.sources,
        });
        if (options.json) writeJson(terminal, found);
        else write(terminal, found, options);
        setExitCode(found.problems.length + found.refused > 0 ? FINDINGS_EXIT_CODE : 0);
      });
  },
};

function write(terminal: Terminal, check: SourceCheck, { preset, reference }: SourceOptions): void {
  const color = hasColor(terminal, terminal.out);
  const { count, first, last } = check.sessions;
  const line = (text = ''): void => writeLine(terminal.out, text);
  line(bold(`${check.place}: ${check.form}`, color));
  line(`  ${formatCounted(check.files, 'file')}, ${formatCounted(count, 'session')}, ${first} to ${last}`);
  line(`  ${check.session}: ${formatCounted(check.rows, 'row')}, ${formatCount(check.refused)} refused`);
  line();
  const titles = [
    'FIELD',
    'COLUMN',
    ...check.fields.slice(0, 1).flatMap(({ values }) => values.map((_, at) => `ROW ${at + 1}`)),
  ];
  line(
    formatTable(
      titles.map((title, at) => ({ title, ...(at > 1 && { narrow: 'cut' as const }) })),
      check.fields.map(({ field, column, values }) => [
        field,
        column ?? '(file name)',
        ...values.map((value) => (value === null ? '–' : String(value))),
      ]),
      widthOf(terminal),
    ),
  );
  if (check.unread.length > 0) line(`\n  Not read: ${check.unread.join(', ')}`);
  const reasons = Object.entries(check.refusedByReason).map(([reason, rows]) => `${formatCount(rows)} ${reason}`);
  const refused = check.refused === 0 ? [] : [`refused: ${reasons.join(', ')}; ${check.refusedExamples.join('; ')}`];
  const problems = [...refused, ...check.problems];
  line();
  for (const problem of problems) line(`  ! ${problem}`);
  if (problems.length === 0) line('  Nothing to correct.');
  const flags = [...(preset ? [` --preset ${preset}`] : []), ...(reference ? [` --reference ${reference}`] : [])].join(
    '',
  );
  line(`\n  Next   tickstock run --source ${check.source} --dir ${check.place}${flags} --session ${check.session}`);
}
