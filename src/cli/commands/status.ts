import { formatDuration, LATE_EXIT_CODE, type DataStorage, type PipelineStatus, type RunRecord } from '../../index.js';
import { loadCliConfig, withReadOnlyPipeline, type Command, type GlobalOptions } from '../command.js';
import { formatChange, formatCount, formatInstant, writeJson, writeLine } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { describeSchedule } from './schedule.js';
import { describeFreshness } from './sessions.js';

const LISTED_HOLDS = 10;
/** After what is published and imported. */
const PLACE_OF_SESSIONS = 2;

export const statusCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('status')
      .summary('show the published session, the current run and the database')
      .description(
        'Shows the newest imported and published session, the current run, the last run and the database.\n' +
          `Ends with ${LATE_EXIT_CODE} when a session that was due is late.`,
      )
      .addHelpText('after', '\nExamples:\n  tickstock status\n  tickstock status --json | jq -r .published_session\n')
      .action(async (_: unknown, command: { optsWithGlobals(): GlobalOptions }) => {
        const options = command.optsWithGlobals();
        const config = loadCliConfig(options, terminal);
        await withReadOnlyPipeline(terminal, config, async (pipeline) => {
          const status = await pipeline.status();
          const schedule = await pipeline.schedule.read();
          const freshness = await pipeline.schedule.freshness();
          const rows = [...toRows(status, pipeline.storage)];
          rows.splice(
            PLACE_OF_SESSIONS,
            0,
            ['Sessions', describeFreshness(freshness)],
            ['Schedule', describeSchedule(schedule)],
          );
          rows.push(['Configuration', describeConfig(config.files)]);
          if (options.json) {
            const database = pipeline.storage;
            writeJson(terminal, { ...status, schedule, ...freshness, database, configFiles: config.files });
          } else {
            writeLine(terminal.out, formatTable([{ title: '' }, { title: '' }], rows, widthOf(terminal)));
          }
          setExitCode(freshness.late === null ? 0 : LATE_EXIT_CODE);
        });
      });
  },
};

function toRows(status: PipelineStatus, storage: DataStorage): string[][] {
  const published =
    status.publishedSession === null
      ? 'nothing yet: npx tickstock run'
      : `${status.publishedSession}  membership ${status.membershipHash?.slice(0, 12) ?? '–'}`;
  return [
    ['Published', published],
    ['Imported', status.importedSession ?? 'nothing yet'],
    ['Running', status.running ? describeRun(status.running) : 'nothing'],
    ['Last run', status.lastRun ? describeRun(status.lastRun) : 'none'],
    ...describeHolds(status),
    ...describeUnused(status),
    [
      'Events',
      status.waitingEvents === 0
        ? 'all delivered'
        : `${formatCount(status.waitingEvents)} waiting, no Redis is configured`,
    ],
    ['Data', `${formatCount(status.symbols)} active symbols, about ${formatCount(status.bars)} bars`],
    ['Database', `${storage.location}${storage.kind === 'embedded' ? ' (embedded PostgreSQL)' : ''}`],
  ];
}

function describeConfig(files: readonly string[]): string {
  return files.length === 0 ? 'as shipped' : `as shipped, changed by ${files.join(', ')}`;
}

function describeHolds({ holds }: PipelineStatus): string[][] {
  if (holds.length === 0) return [['Holds', 'none']];
  const lines = holds
    .slice(0, LISTED_HOLDS)
    .map((hold) => [
      '',
      `${hold.id}  ${hold.universe ?? 'the whole session'}${describeDistance(hold)}, ${hold.gate}: ${hold.message}`,
    ]);
  const more = holds.length > LISTED_HOLDS ? [['', `… ${formatCount(holds.length - LISTED_HOLDS)} more`]] : [];
  const [oldest] = holds;
  const age = oldest && oldest.heldSessions > 1 ? `, the oldest since ${oldest.heldSince}` : '';
  return [['Holds', `${formatCount(holds.length)} open${age}: tickstock holds`], ...lines, ...more];
}

/** Sessions whose bars are left out: correcting them is the only way after a later session was published. */
function describeUnused({ heldSessions: [newest, ...others] }: PipelineStatus): string[][] {
  if (newest === undefined) return [];
  const more = others.length === 0 ? '' : ` and ${formatCount(others.length)} more`;
  return [['Not used', `bars of ${newest}${more}, held: tickstock backfill --from ${others.at(-1) ?? newest}`]];
}

/** How far what is published is from what would be, and for how long. */
function describeDistance({ added, removed, heldSessions }: PipelineStatus['holds'][number]): string {
  const parts = [formatChange(added, removed), heldSessions > 1 ? `for ${formatCount(heldSessions)} sessions` : ''];
  return parts.map((part) => part && ` ${part}`).join('');
}

function describeRun(run: RunRecord): string {
  const took = run.durationMs === null ? '' : ` in ${formatDuration(run.durationMs)}`;
  const why = run.error ? `: ${run.error.message}` : '';
  return `${run.session} ${run.status.replaceAll('_', ' ')}${took}, started ${formatInstant(run.startedAt)} by ${run.owner ?? 'unknown'}${why}`;
}
