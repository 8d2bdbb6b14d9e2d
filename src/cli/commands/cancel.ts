import { setTimeout as delay } from 'node:timers/promises';
import type { Pipeline, RunRecord } from '../../index.js';
import { describeUser, loadCliConfig, withReadOnlyPipeline, type Command, type GlobalOptions } from '../command.js';
import { writeJson, writeLine } from '../output.js';

const POLL_MS = 100;
/** A run stops within two seconds; one whose process is stuck is reported as it is. */
const WAIT_MS = 15_000;

export const cancelCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('cancel')
      .summary('cancel the run under way, in any process')
      .description(
        'Cancels the run under way on this database, whichever process has it, and waits for its end: it stops within two\n' +
          'seconds and publishes nothing more. Phases that have completed stay published.',
      )
      .addHelpText('after', '\nExamples:\n  tickstock cancel\n  tickstock cancel --json | jq -r .status\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const run = await waitForEnd(pipeline, await pipeline.cancel(describeUser()));
          if (options.json) writeJson(terminal, run);
          else writeLine(terminal.out, describeEnd(run));
          setExitCode(run.status === 'running' ? 1 : 0);
        });
      });
  },
};

async function waitForEnd(pipeline: Pipeline, runId: string): Promise<RunRecord> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const run = await pipeline.history.run(runId);
    if (run.status !== 'running' || performance.now() > until) return run;
    await delay(POLL_MS);
  }
}

function describeEnd({ runId, session, status, phases, owner }: RunRecord): string {
  const completed = phases.filter((phase) => phase.status.startsWith('completed')).map(({ phase }) => phase);
  const kept = completed.length === 0 ? 'Nothing was published.' : `Completed before: ${completed.join(', ')}.`;
  if (status === 'cancelled') return `Cancelled: run ${runId} for ${session}. ${kept}`;
  if (status === 'running')
    return `Run ${runId} for ${session} was asked to stop, and has not: see its process, ${owner ?? 'unknown'}.`;
  return `Run ${runId} for ${session} had ended by itself: ${status.replaceAll('_', ' ')}. ${kept}`;
}
