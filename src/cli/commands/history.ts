import { formatDuration, type RunRecord } from '../../index.js';
import { loadCliConfig, parseCountOption, withReadOnlyPipeline, type Command, type GlobalOptions } from '../command.js';
import { formatInstant, writeJson, writeLine } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface HistoryOptions extends GlobalOptions {
  readonly limit: string;
  readonly csv?: boolean;
}

const COLUMNS = ['runId', 'session', 'status', 'trigger', 'startedAt', 'durationMs', 'owner'] as const;

export const historyCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('history')
      .summary('show past runs, newest first')
      .description('Shows past runs with their phases, newest first.')
      .option('--limit <count>', 'runs to show', '20')
      .option('--csv', CSV_HELP)
      .addHelpText('after', '\nExamples:\n  tickstock history\n  tickstock history --limit 5 --json\n')
      .action(async (_: unknown, command: { optsWithGlobals(): HistoryOptions }) => {
        const options = command.optsWithGlobals();
        const limit = parseCountOption(options.limit, '--limit');
        const config = loadCliConfig(options, terminal);
        await withReadOnlyPipeline(terminal, config, async (pipeline) => {
          const { runs } = await pipeline.history.runs({ limit });
          if (options.json) writeJson(terminal, runs);
          else if (options.csv) writeCsv(terminal, COLUMNS, runs);
          else if (runs.length === 0) writeLine(terminal.out, 'Nothing has run yet. Next: npx tickstock run');
          else writeLine(terminal.out, formatRuns(runs, widthOf(terminal)));
          setExitCode(0);
        });
      });
  },
};

function formatRuns(runs: readonly RunRecord[], width: number | undefined): string {
  return formatTable(
    [
      { title: 'session' },
      { title: 'status' },
      { title: 'trigger', narrow: 'drop' },
      { title: 'started' },
      { title: 'took', align: 'right' },
      { title: 'phases' },
    ],
    runs.map((run) => [
      run.session,
      run.status.replaceAll('_', ' '),
      run.trigger,
      formatInstant(run.startedAt),
      run.durationMs === null ? '–' : formatDuration(run.durationMs),
      run.error
        ? `${run.error.code}: ${run.error.message.split('\n')[0]}`
        : run.phases.map((phase) => phase.phase).join(', '),
    ]),
    width,
  );
}
