import { styleText } from 'node:util';
import { Command, CommanderError } from 'commander';
import { ERRORS, toPipelineError, type PipelineError } from '../core/errors.js';
import { VERSION } from '../core/version.js';
import { loadCommands } from './commands/index.js';
import { loadExtensions, splitPaths } from './extensions.js';
import { hasColor, writeJson, writeLine, type Terminal } from './output.js';

/** Runs the command that the arguments name. Errors are written to the terminal. @returns the exit code */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const program = createProgram(terminal);
  try {
    // `--version` ends here, before a command is loaded.
    const [name] = program.parseOptions([...args]).operands;
    const { extend = splitPaths(terminal.environment['TICKSTOCK_EXTEND']) } = program.opts<{ extend?: string[] }>();
    const extended = { ...terminal, extensions: await loadExtensions(extend) };
    for (const command of await loadCommands(name)) command.register(program, extended, (code) => (exitCode = code));
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERRORS.EOD_USAGE.exitCode;
    return reportError(terminal, toPipelineError(error), args.includes('--json'));
  }
}

function createProgram({ out, err }: Terminal): Command {
  return new Command('tickstock')
    .description('End-of-day pipeline for a stock database: import a session, publish universes, compute indicators.')
    .version(VERSION, '--version', 'show the version')
    .option('--config <dir>', 'folder of configuration files that change the shipped ones (TICKSTOCK_CONFIG_DIR)')
    .option('--data-dir <path>', 'folder of the embedded database; used instead of DATABASE_URL and database.url')
    .option(
      '--extend <path>',
      'module of your own sources, rules, gates or indicators, or a folder of them; may be repeated (TICKSTOCK_EXTEND)',
      (path: string, paths: readonly string[] | undefined) => [...(paths ?? []), path],
    )
    .option('--json', 'write the result as JSON to standard output')
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for usage)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nThe database is DATABASE_URL, or an embedded PostgreSQL in .tickstock of the current folder.\n' +
        '\nExamples:\n  tickstock start\n  tickstock run --source screener --dir ./us-screener --session 2026-06-30\n',
    );
}

/** One line and a hint; a stack trace only for a defect of this program, where the bug report needs it. */
function reportError(terminal: Terminal, error: PipelineError, json: boolean): number {
  if (json) writeJson(terminal, { error: error.toJSON() });
  const color = hasColor(terminal, terminal.err);
  writeLine(terminal.err, `${color ? styleText('red', '✖', { validateStream: false }) : '✖'} ${error.message}`);
  if (error.hint) writeLine(terminal.err, `  ${error.hint}`);
  if (error.code === 'EOD_INTERNAL')
    writeLine(terminal.err, String((error.cause as Error | undefined)?.stack ?? error.stack));
  return error.exitCode;
}
