import {
  attachTerminal,
  PipelineError,
  systemClock,
  type Pipeline,
  type RunResult,
  type SessionDate,
} from '../../index.js';
import { loadCliConfig, withoutRedis, withPipeline, type Command, type GlobalOptions } from '../command.js';
import { hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { toRunJson, writeRunResult } from '../run-result.js';

const OWN_DATA = 'for your own data use `tickstock run --source existing` (or --source screener --dir PATH)';

export const startCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('start')
      .summary('try it out: the sample market, up to the newest session')
      .description(
        'Generates the sample market when the embedded database is empty, brings it up to the newest session that has\n' +
          'closed and shows the result. Can be repeated. A database with real data, or on a server of\n' +
          'your own (DATABASE_URL), is refused.',
      )
      .addHelpText('after', '\nExamples:\n  tickstock start\n  tickstock start --data-dir /tmp/try-tickstock\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        const config = loadCliConfig(options, terminal, { import: { source: 'sample' } });
        if (config.config.database.url !== undefined) throw ownServerError();
        // Redis subscribers would take the generated market for real data.
        await withPipeline(terminal, { config: withoutRedis(config) }, async (pipeline) => {
          const result = await runSample(pipeline, terminal);
          if (options.json) writeJson(terminal, toRunJson(result, await pipeline.history.universes()));
          else await writeRunResult(terminal, pipeline, result);
          setExitCode(0);
        });
      });
  },
};

/** The tables may hold bars that no run recorded; generated prices could not be told apart from them afterwards. */
function ownServerError(): PipelineError {
  return new PipelineError(
    'EOD_SOURCE_MISMATCH',
    'start creates the sample market on the embedded server only, and the configuration has a server of your own',
    { hint: `add --data-dir PATH, or unset DATABASE_URL (database.url); ${OWN_DATA}` },
  );
}

/** Catches up, then runs the newest session. */
async function runSample(pipeline: Pipeline, terminal: Terminal): Promise<RunResult> {
  const detach = attachTerminal(pipeline.tracker, terminal.err, {
    clock: systemClock,
    color: hasColor(terminal, terminal.err),
  });
  try {
    const session = pipeline.calendar.lastClosed(systemClock.now());
    await catchUp(pipeline, session, terminal);
    announce(pipeline, terminal, `Session ${session}`);
    const result = await pipeline.run({ session, signal: terminal.signal });
    if (result.error) throw result.error;
    return result;
  } catch (error) {
    throw error instanceof PipelineError && error.code === 'EOD_SOURCE_MISMATCH' ? withOwnHint(error) : error;
  } finally {
    detach();
  }
}

/** Backfills up to the session before the newest, so that the newest session has a previous one to compare with. */
async function catchUp(pipeline: Pipeline, session: SessionDate, terminal: Terminal): Promise<void> {
  const { importedSession, publishedSession } = await pipeline.status();
  const to = pipeline.calendar.previous(session);
  // After an import without a cache sync, the imported session is newer than the published one.
  const newest = [importedSession, publishedSession]
    .filter((day) => day !== null)
    .toSorted()
    .at(-1);
  const from = newest === undefined ? to : pipeline.calendar.next(newest);
  if (from > to) return;
  announce(
    pipeline,
    terminal,
    newest === undefined
      ? 'The database is empty: generating the sample market, 4,500 stocks and 150 ETFs with 260 sessions of bars'
      : `The sample market ends at ${newest}: updating it`,
  );
  const { error } = await pipeline.backfill({ from, to, indicators: 'none', signal: terminal.signal });
  if (error) throw error;
}

/** Printed when the next run starts: a database with real data is refused before that, and the message would be false for it. */
function announce(pipeline: Pipeline, terminal: Terminal, text: string): void {
  const unsubscribe = pipeline.tracker.subscribe(({ type }) => {
    if (type !== 'run-started') return;
    unsubscribe();
    writeLine(terminal.err, text);
  });
}

/** The hint of the import error names options that `start` does not have. */
function withOwnHint(error: PipelineError): PipelineError {
  return new PipelineError(error.code, error.message, {
    hint: `for the sample market add --data-dir PATH; ${OWN_DATA}`,
    context: error.context,
    cause: error,
  });
}
