import { PipelineError } from '../../index.js';
import { loadCliConfig, withPipeline, type Command, type GlobalOptions } from '../command.js';
import { formatCounted, writeJson, writeLine } from '../output.js';

interface RepublishOptions extends GlobalOptions {
  readonly from?: string;
  readonly to?: string;
}

export const eventsCommand: Command = {
  register(program, terminal, setExitCode) {
    const events = program
      .command('events')
      .summary('publish stored events again')
      .description('Publishes stored events to Redis again, when it has lost them.')
      .addHelpText('after', '\nExample:\n  tickstock events republish --from 2026-06-30T20:00:00Z\n');
    events
      .command('republish')
      .summary('publish the events of a range again, after a failover of Redis')
      .description(
        'Publishes the stored events of a range again, in order: by this command for some seconds, and by the running service.\n' +
          'Subscribers drop the ids that they have seen. Events are kept for redis.keepDays days.',
      )
      .requiredOption('--from <instant>', 'first instant, such as 2026-06-30T20:00:00Z')
      .option('--to <instant>', 'last instant; default: now')
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock events republish --from 2026-06-30T20:00:00Z\n' +
          '  tickstock events republish --from 2026-06-30T20:00:00Z --to 2026-06-30T21:00:00Z --json\n',
      )
      .action(async (_: unknown, command: { optsWithGlobals(): RepublishOptions }) => {
        const options = command.optsWithGlobals();
        const range = { from: parseInstant(options.from, '--from'), to: parseOptional(options.to) };
        const config = loadCliConfig(options, terminal);
        await withPipeline(terminal, { config, schema: 'require' }, async (pipeline) => {
          const waiting = await pipeline.events.republish(range);
          if (options.json) writeJson(terminal, { waiting });
          else writeLine(terminal.out, `${formatCounted(waiting, 'event waits', 'events wait')} to be published again`);
          setExitCode(0);
        });
      });
  },
};

function parseOptional(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : parseInstant(text, '--to');
}

/** An instant has a time zone: without one it would be another instant on another machine. */
function parseInstant(text: string | undefined, option: string): Date {
  const instant = new Date(text ?? '');
  if (/T.*(Z|[+-]\d{2}:?\d{2})$/.test(text ?? '') && !Number.isNaN(instant.getTime())) return instant;
  throw new PipelineError('EOD_USAGE', `${option} is ${JSON.stringify(text)}, not an instant with a time zone`, {
    hint: 'such as 2026-06-30T20:00:00Z',
  });
}
