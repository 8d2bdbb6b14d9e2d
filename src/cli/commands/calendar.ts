import { parseSessionDate, PipelineError, type AnnouncedDay, type Pipeline, type SessionDate } from '../../index.js';
import {
  describeUser,
  loadCliConfig,
  withoutRedis,
  withPipeline,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { formatInstant, writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface ListOptions extends GlobalOptions {
  readonly csv?: boolean;
}

interface DayOptions extends GlobalOptions {
  readonly reason?: string;
}

/** What a day is announced to be, by the name of the command. */
const KINDS = {
  close: { kind: 'closed', what: 'announce that the market is closed on a day' },
  'early-close': { kind: 'early-close', what: 'announce that a session ends at 13:00 in New York' },
  open: { kind: 'open', what: 'announce a full session on a holiday, or instead of an early close' },
} as const;

const DAY_MS = 86_400_000;
/** A year of days that are no full session. */
const SHOWN_DAYS = 365;

/** A weekday that is no full session. */
interface SpecialDay {
  readonly date: SessionDate;
  readonly is: 'closed' | 'early-close';
  readonly reason: string | null;
}

export const calendarCommand: Command = {
  register(program, terminal, setExitCode) {
    const calendar = program
      .command('calendar')
      .summary('show closures and early closes, and announce one')
      .description(
        'Shows the days of the coming year that are no full session, and what was announced after the release. An announcement is\n' +
          'stored, and applies to every process on this database without a restart. It is for days after the newest published session.',
      )
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock calendar\n  tickstock calendar close 2027-01-07 --reason "day of mourning"\n' +
          '  tickstock calendar reset 2027-01-07\n',
      )
      .option('--csv', CSV_HELP)
      .action(async (_: unknown, command: { optsWithGlobals(): ListOptions }) => {
        const options = command.optsWithGlobals();
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          await write(terminal, options, pipeline);
          setExitCode(0);
        });
      });
    const change = async (options: GlobalOptions, work: (pipeline: Pipeline) => Promise<void>): Promise<void> => {
      const config = withoutRedis(loadCliConfig(options, terminal));
      await withPipeline(terminal, { config, schema: 'require' }, async (pipeline) => {
        await work(pipeline);
        await write(terminal, options, pipeline);
        setExitCode(0);
      });
    };
    for (const [name, { kind, what }] of Object.entries(KINDS)) {
      calendar
        .command(name)
        .argument('<date>', 'YYYY-MM-DD')
        .description(what)
        .option('--reason <text>', 'why, for people')
        .addHelpText('after', `\nExample:\n  tickstock calendar ${name} 2027-01-07 --reason "day of mourning"\n`)
        .action(async (date: string, _: unknown, command: { optsWithGlobals(): DayOptions }) => {
          const options = command.optsWithGlobals();
          const { reason } = options;
          if (reason === undefined || reason.trim() === '') throw reasonMissing();
          await change(options, (pipeline) => pipeline.announcements.announce({ date, kind, reason }, describeUser()));
        });
    }
    calendar
      .command('reset')
      .argument('<date>', 'YYYY-MM-DD')
      .description('take an announcement back: the day is as in the calendar again')
      .addHelpText('after', '\nExample:\n  tickstock calendar reset 2027-01-07\n')
      .action(async (date: string, _: unknown, command: { optsWithGlobals(): GlobalOptions }) =>
        change(command.optsWithGlobals(), (pipeline) => pipeline.announcements.withdraw(parseSessionDate(date))),
      );
  },
};

function reasonMissing(): PipelineError {
  return new PipelineError('EOD_USAGE', '--reason is missing', { hint: 'say why, such as --reason "day of mourning"' });
}

async function write(terminal: Terminal, { json, csv }: ListOptions, pipeline: Pipeline): Promise<void> {
  const announced = await pipeline.announcements.list();
  const days = listSpecialDays(pipeline);
  if (json) return writeJson(terminal, { announced, days });
  if (csv) return writeCsv(terminal, ['date', 'is', 'reason'], days);
  const rows = days.map(({ date, is, reason }) => [date, describe(is), reason ?? '']);
  writeLine(
    terminal.out,
    formatTable([{ title: 'date' }, { title: 'market' }, { title: 'why' }], rows, widthOf(terminal)),
  );
  if (announced.length === 0) return;
  writeLine(terminal.out, '\n  Announced');
  writeLine(
    terminal.out,
    formatTable([{ title: '' }, { title: '' }, { title: '' }, { title: '' }], announced.map(toRow), widthOf(terminal)),
  );
}

function toRow({ date, kind, reason, announcedBy, createdAt }: AnnouncedDay): string[] {
  return [date, describe(kind), reason, `${formatInstant(createdAt)} by ${announcedBy ?? 'unknown'}`];
}

function describe(kind: AnnouncedDay['kind']): string {
  return kind === 'early-close' ? 'closes at 13:00' : kind;
}

function listSpecialDays({ calendar, clock }: Pipeline): SpecialDay[] {
  const days: SpecialDay[] = [];
  const today = clock.now();
  for (let dayMs = today; dayMs < today + SHOWN_DAYS * DAY_MS; dayMs += DAY_MS) {
    const date = parseSessionDate(new Date(dayMs).toISOString().slice(0, 10));
    if (calendar.isHoliday(date)) days.push({ date, is: 'closed', reason: calendar.closedReason(date) ?? null });
    else if (calendar.isEarlyClose(date)) days.push({ date, is: 'early-close', reason: null });
  }
  return days;
}
