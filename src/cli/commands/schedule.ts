import { PipelineError, type ScheduleChanges, type ScheduleState } from '../../index.js';
import {
  loadCliConfig,
  withoutRedis,
  withPipeline,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { formatInstant, writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';

interface SetOptions extends GlobalOptions {
  readonly at?: string;
  readonly everyDay?: boolean;
  readonly marketDays?: boolean;
}

export const scheduleCommand: Command = {
  register(program, terminal, setExitCode) {
    const schedule = program
      .command('schedule')
      .summary('show, set and switch off the run of every evening')
      .description(
        'Shows the schedule of every service on this database. Once it is set here or over HTTP, it takes precedence over the\n' +
          'configuration. A service must run for it: `tickstock serve`.',
      )
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock schedule\n  tickstock schedule set --at 20:30\n  tickstock schedule off\n',
      );
    const show = async (_: unknown, command: { optsWithGlobals(): GlobalOptions }): Promise<void> => {
      const options = command.optsWithGlobals();
      await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
        writeState(terminal, options, await pipeline.schedule.read());
        setExitCode(0);
      });
    };
    const change = async (options: GlobalOptions, changes: ScheduleChanges): Promise<void> => {
      const config = withoutRedis(loadCliConfig(options, terminal));
      await withPipeline(terminal, { config, schema: 'require' }, async (pipeline) => {
        writeState(terminal, options, await pipeline.schedule.update(changes));
        setExitCode(0);
      });
    };
    schedule.action(show);
    schedule
      .command('show')
      .description('show whether and when a run starts every evening')
      .addHelpText('after', '\nExample:\n  tickstock schedule show --json\n')
      .action(show);
    schedule
      .command('set')
      .description('switch the schedule on; a time that has passed today applies from tomorrow')
      .option('--at <time>', 'time of day in New York, HH:MM')
      .option('--market-days', 'only on days when the market is open')
      .option('--every-day', 'every day, so that a session missed on its own day is run the day after')
      .addHelpText('after', '\nExamples:\n  tickstock schedule set --at 20:30\n  tickstock schedule set\n')
      .action(async (_: unknown, command: { optsWithGlobals(): SetOptions }) => {
        const options = command.optsWithGlobals();
        await change(options, toChanges(options));
      });
    schedule
      .command('off')
      .description('switch the schedule off: sessions from now on are not scheduled')
      .addHelpText('after', '\nExample:\n  tickstock schedule off\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) =>
        change(command.optsWithGlobals(), { enabled: false }),
      );
  },
};

function toChanges({ at, everyDay, marketDays }: SetOptions): ScheduleChanges {
  if (everyDay && marketDays) {
    throw new PipelineError('EOD_USAGE', '--every-day and --market-days exclude each other', {
      hint: 'give one of them, or neither to keep what is set',
    });
  }
  return {
    enabled: true,
    ...(at !== undefined && { trigger_time: at }),
    ...(everyDay && { market_check: false }),
    ...(marketDays && { market_check: true }),
  };
}

function writeState(terminal: Terminal, { json }: GlobalOptions, state: ScheduleState): void {
  if (json) writeJson(terminal, state);
  else writeLine(terminal.out, formatTable([{ title: '' }, { title: '' }], toRows(state), widthOf(terminal)));
}

function toRows(state: ScheduleState): string[][] {
  return [
    ['Schedule', describeSchedule(state)],
    ['Next run', state.next_run === null ? 'none' : formatInstant(state.next_run)],
  ];
}

/** One line for people. */
export function describeSchedule({ enabled, trigger_time: time, market_check: isMarketDays }: ScheduleState): string {
  if (!enabled) return 'off: tickstock schedule set';
  return `${time} in New York, ${isMarketDays ? 'when the market is open' : 'every day'}`;
}
