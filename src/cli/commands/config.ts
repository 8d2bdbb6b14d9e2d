import { formatOrigin, type ConfigSetting } from '../../index.js';
import { loadCliConfig, type Command, type GlobalOptions } from '../command.js';
import { writeJson, writeLine } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface ConfigOptions extends GlobalOptions {
  readonly explain?: boolean;
  readonly csv?: boolean;
}

const COLUMNS = ['path', 'value', 'origin', 'description'] as const;

const SHOWN_CHARACTERS = 60;

export const configCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('config')
      .summary('check and show the configuration')
      .description(
        'Checks the configuration and shows every setting. Defaults < files < environment < command line; passwords are hidden.',
      )
      .option('--explain', 'show where each value came from and what it means')
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock config --explain\n  tickstock config --config ./my-config --json\n',
      )
      .action((_: unknown, command: { optsWithGlobals(): ConfigOptions }) => {
        const options = command.optsWithGlobals();
        const settings = loadCliConfig(options, terminal).explain();
        if (options.json) writeJson(terminal, settings.map(toJson));
        else if (options.csv) writeCsv(terminal, COLUMNS, settings.map(toRow));
        else
          writeLine(
            terminal.out,
            options.explain
              ? formatExplained(settings, widthOf(terminal))
              : formatSettings(settings, widthOf(terminal)),
          );
        setExitCode(0);
      });
  },
};

function formatSettings(settings: readonly ConfigSetting[], width: number | undefined): string {
  return formatTable(
    [{ title: 'setting' }, { title: 'value' }],
    settings.map((setting) => [setting.path, formatValue(setting.value)]),
    width,
  );
}

function formatExplained(settings: readonly ConfigSetting[], width: number | undefined): string {
  return formatTable(
    [{ title: 'setting' }, { title: 'value', narrow: 'cut' }, { title: 'from' }, { title: 'meaning', narrow: 'drop' }],
    settings.map((setting) => [
      setting.path,
      formatValue(setting.value),
      formatOrigin(setting.origin),
      setting.description ?? '',
    ]),
    width,
  );
}

function formatValue(value: unknown): string {
  if (value === undefined) return 'not set';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`;
}

function toRow({ path, value, origin, description }: ConfigSetting): Record<(typeof COLUMNS)[number], unknown> {
  return { path, value, origin: formatOrigin(origin), description };
}

function toJson(setting: ConfigSetting): Record<string, unknown> {
  return { ...setting, value: setting.value ?? null, origin: formatOrigin(setting.origin) };
}
