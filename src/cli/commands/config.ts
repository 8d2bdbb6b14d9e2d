import { formatOrigin, type ConfigSetting } from '../../index.js';
import { loadCliConfig, type Command, type GlobalOptions } from '../command.js';
import { writeJson, writeLine } from '../output.js';
import { formatTable } from '../table.js';

interface ConfigOptions extends GlobalOptions {
  readonly explain?: boolean;
}

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
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock config --explain\n  tickstock config --config ./my-config --json\n',
      )
      .action((_: unknown, command: { optsWithGlobals(): ConfigOptions }) => {
        const options = command.optsWithGlobals();
        const settings = loadCliConfig(options, terminal).explain();
        if (options.json) writeJson(terminal, settings.map(toJson));
        else writeLine(terminal.out, options.explain ? formatExplained(settings) : formatSettings(settings));
        setExitCode(0);
      });
  },
};

function formatSettings(settings: readonly ConfigSetting[]): string {
  return formatTable(
    [{ title: 'setting' }, { title: 'value' }],
    settings.map((setting) => [setting.path, formatValue(setting.value)]),
  );
}

function formatExplained(settings: readonly ConfigSetting[]): string {
  return formatTable(
    [{ title: 'setting' }, { title: 'value' }, { title: 'from' }, { title: 'meaning' }],
    settings.map((setting) => [
      setting.path,
      formatValue(setting.value),
      formatOrigin(setting.origin),
      setting.description ?? '',
    ]),
  );
}

function formatValue(value: unknown): string {
  if (value === undefined) return 'not set';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`;
}

function toJson(setting: ConfigSetting): Record<string, unknown> {
  return { ...setting, value: setting.value ?? null, origin: formatOrigin(setting.origin) };
}
