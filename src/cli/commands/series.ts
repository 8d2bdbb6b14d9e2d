import type { UniverseSeries } from '../../index.js';
import {
  loadCliConfig,
  parseCountOption,
  parseSessionOption,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { bold, formatCount, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';

interface SeriesOptions extends GlobalOptions {
  readonly from?: string;
  readonly to?: string;
  readonly sessions: string;
  readonly csv?: boolean;
}

const COLUMNS = ['session', 'members', 'added', 'removed', 'turnoverPct', 'held'] as const;

export const seriesCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('series')
      .argument('<name>', 'a universe, for example top_500')
      .summary('show the size and the turnover of a universe by session')
      .description(
        'Shows how many members a universe had on each session, how many came and went, and the turnover: the larger of the two in\n' +
          'percent of the members before.',
      )
      .option('--from <date>', 'first session; default: as many as --sessions says')
      .option('--to <date>', 'last session; default: the newest published')
      .option('--sessions <count>', 'at most so many sessions', '60')
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock series top_500\n  tickstock series top_500 --from 2026-04-01 --csv > top_500.csv\n',
      )
      .action(async (name: string, _: unknown, command: { optsWithGlobals(): SeriesOptions }) => {
        const options = command.optsWithGlobals();
        const [from, to] = [parseSessionOption(options.from), parseSessionOption(options.to)];
        const limit = parseCountOption(options.sessions, '--sessions');
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const series = await pipeline.history.series(name, { from, to, limit });
          if (options.json) writeJson(terminal, series);
          else if (options.csv) writeCsv(terminal, COLUMNS, series.points);
          else writeSeries(terminal, series);
          setExitCode(0);
        });
      });
  },
};

function writeSeries(terminal: Terminal, { title, points }: UniverseSeries): void {
  const right = (name: string) => ({ title: name, align: 'right' as const });
  writeLine(terminal.out, bold(title, hasColor(terminal, terminal.out)));
  writeLine(
    terminal.out,
    formatTable(
      [{ title: 'session' }, right('members'), right('in'), right('out'), right('turnover'), { title: '' }],
      points.map(({ session, members, added, removed, turnoverPct, held }) => [
        session,
        formatCount(members),
        formatCount(added),
        formatCount(removed),
        turnoverPct === null ? '–' : `${turnoverPct.toFixed(2)} %`,
        held ? 'held' : '',
      ]),
      widthOf(terminal),
    ),
  );
}
