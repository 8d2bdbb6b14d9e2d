import { LATE_EXIT_CODE, type Freshness, type SessionVerdict } from '../../index.js';
import {
  loadCliConfig,
  parseSessionOption,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { bold, formatInstant, hasColor, writeJson, writeLine } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface SessionsOptions extends GlobalOptions {
  readonly from?: string;
  readonly to?: string;
  readonly csv?: boolean;
}

const COLUMNS = ['session', 'verdict', 'publishedAt', 'runId', 'retryAt', 'reason'] as const;

export const sessionsCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('sessions')
      .summary('show what has become of every trading day')
      .description(
        'Shows a verdict for every weekday that has closed: published, published with holds, held, running, waiting, missed,\n' +
          `skipped (the market was closed), not scheduled. Ends with ${LATE_EXIT_CODE} when a session that was due is late.`,
      )
      .option('--from <date>', 'first day, YYYY-MM-DD; default: ten sessions ago')
      .option('--to <date>', 'last day, YYYY-MM-DD; default: today')
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock sessions\n  tickstock sessions --from 2026-06-01 --to 2026-06-30\n' +
          `  tickstock sessions --json | jq '.sessions[] | select(.verdict == "missed")'\n`,
      )
      .action(async (_: unknown, command: { optsWithGlobals(): SessionsOptions }) => {
        const options = command.optsWithGlobals();
        const [from, to] = [parseSessionOption(options.from), parseSessionOption(options.to)];
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const sessions = await pipeline.schedule.sessions({ from, to });
          const freshness = await pipeline.schedule.freshness();
          if (options.json) writeJson(terminal, { sessions, ...freshness });
          else if (options.csv) writeCsv(terminal, COLUMNS, sessions);
          else {
            writeLine(terminal.out, formatVerdicts(sessions, widthOf(terminal)));
            writeLine(terminal.out, bold(describeFreshness(freshness), hasColor(terminal, terminal.out)));
          }
          setExitCode(freshness.late === null ? 0 : LATE_EXIT_CODE);
        });
      });
  },
};

function formatVerdicts(sessions: readonly SessionVerdict[], width: number | undefined): string {
  if (sessions.length === 0) return 'No day of that range has closed.';
  return formatTable(
    [{ title: 'session' }, { title: 'verdict' }, { title: 'published', narrow: 'drop' }, { title: 'why' }],
    sessions.map(({ session, verdict, publishedAt, retryAt, reason }) => [
      session,
      verdict.replaceAll('_', ' '),
      publishedAt === null ? '–' : formatInstant(publishedAt),
      [reason ?? '', retryAt === null || verdict !== 'waiting' ? '' : `next try ${formatInstant(retryAt)}`]
        .filter(Boolean)
        .join('; '),
    ]),
    width,
  );
}

/** One line: whether what is published is up to date. */
export function describeFreshness({ behind, late }: Freshness): string {
  if (late !== null)
    return `${late.session} is late: ${late.verdict.replaceAll('_', ' ')}${late.reason === null ? '' : `, ${late.reason}`}`;
  if (behind === 0) return 'What is published is up to date.';
  return `${behind === 1 ? 'One session is' : `${behind} sessions are`} not published yet.`;
}
