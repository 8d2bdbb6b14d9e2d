import { Command, CommanderError } from 'commander';
import { ERRORS, PipelineError, toPipelineError, VERSION } from '../index.js';
import { COMMANDS } from './commands/index.js';
import { hasColor, writeJson, writeLine, type Terminal } from './output.js';
import { styleText } from 'node:util';

/** A run has this long to stop by itself after Ctrl-C; what then still hangs must not keep the terminal. */
const STOP_WITHIN_MS = 1900;

const stop = new AbortController();
let stopWithinMs = STOP_WITHIN_MS;
const terminal: Terminal = {
  out: process.stdout,
  err: process.stderr,
  environment: process.env,
  signal: stop.signal,
  stopWithin: (milliseconds) => (stopWithinMs = milliseconds),
};

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(ERRORS.EOD_CANCELLED.exitCode);
    stop.abort(new PipelineError('EOD_CANCELLED', `stopped by ${name}`));
    setTimeout(() => process.exit(ERRORS.EOD_CANCELLED.exitCode), stopWithinMs).unref();
  });
}

// `tickstock backfill … | head -1` closes the pipe early: that is the reader's right, no error, and no reason to stop the work.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = createProgram((code) => (exitCode = code));
  try {
    await program.parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : ERRORS.EOD_USAGE.exitCode;
    return reportError(toPipelineError(error), argv.includes('--json'));
  }
}

function createProgram(setExitCode: (code: number) => void): Command {
  const program = new Command('tickstock')
    .description('End-of-day pipeline for a stock database: import a session, publish universes, compute indicators.')
    .version(VERSION, '--version', 'show the version')
    .option('--config <dir>', 'folder with configuration files that replace the shipped ones')
    .option('--data-dir <path>', 'folder of the embedded database; used instead of DATABASE_URL and database.url')
    .option('--json', 'write the result as JSON to standard output')
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nThe database is DATABASE_URL, or an embedded PostgreSQL in .tickstock of the current folder.\n' +
        '\nExamples:\n  tickstock start\n  tickstock run --source screener --dir ./us-screener --session 2026-06-30\n',
    );
  for (const command of COMMANDS) command.register(program, terminal, setExitCode);
  return program;
}

/** One line and a hint; the stack only for a defect of this program, where it is what a report needs. */
function reportError(error: PipelineError, json: boolean): number {
  if (json) writeJson(terminal, { error: error.toJSON() });
  const color = hasColor(terminal, terminal.err);
  writeLine(terminal.err, `${color ? styleText('red', '✖', { validateStream: false }) : '✖'} ${error.message}`);
  if (error.hint) writeLine(terminal.err, `  ${error.hint}`);
  if (error.code === 'EOD_INTERNAL')
    writeLine(terminal.err, String((error.cause as Error | undefined)?.stack ?? error.stack));
  return error.exitCode;
}
