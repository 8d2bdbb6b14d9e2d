import { attachTerminal, systemClock, type Pipeline, type SessionDate } from '../../index.js';
import { loadCliConfig, withPipeline, type Command, type GlobalOptions } from '../command.js';
import { hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { toRunJson, writeRunResult } from '../run-result.js';

export const startCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('start')
      .summary('try it out: the sample market, up to the newest session')
      .description(
        'Makes the generated sample market when the database is empty, brings it up to the newest session that has closed\n' +
          'and shows the result. Started again, it makes nothing twice. A database with real data is left alone.',
      )
      .addHelpText('after', '\nExamples:\n  tickstock start\n  tickstock start --data-dir /tmp/try-tickstock\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        const config = loadCliConfig(options, terminal, { import: { source: 'sample' } });
        await withPipeline({ config, signal: terminal.signal }, async (pipeline) => {
          const detach = attachTerminal(pipeline.tracker, terminal.err, {
            clock: systemClock,
            color: hasColor(terminal, terminal.err),
          });
          try {
            const session = pipeline.calendar.lastClosed(systemClock.now());
            await catchUp(pipeline, session, terminal);
            writeLine(terminal.err, `Session ${session}`);
            const result = await pipeline.run({ session, signal: terminal.signal });
            detach();
            if (result.error) throw result.error;
            if (options.json) writeJson(terminal, toRunJson(result, await pipeline.universes()));
            else await writeRunResult(terminal, pipeline, result);
            setExitCode(0);
          } finally {
            detach();
          }
        });
      });
  },
};

/** Brings an empty market to the session before the newest, or one left behind up to it, so that the newest has something to differ from. */
async function catchUp(pipeline: Pipeline, newest: SessionDate, terminal: Terminal): Promise<void> {
  const { publishedSession } = await pipeline.status();
  const to = pipeline.calendar.previous(newest);
  const from = publishedSession === null ? to : pipeline.calendar.next(publishedSession);
  if (from > to) return;
  writeLine(
    terminal.err,
    publishedSession === null
      ? 'The database is empty: making the sample market, 4,500 stocks and 150 ETFs with 260 sessions of bars'
      : `The sample market ends at ${publishedSession}: bringing it up to date`,
  );
  const { error } = await pipeline.backfill({ from, to, indicators: 'none', signal: terminal.signal });
  if (error) throw error;
}
