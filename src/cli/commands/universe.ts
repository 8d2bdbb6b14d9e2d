import { PipelineError, type UniverseDetail, type UniverseOverview } from '../../index.js';
import { loadCliConfig, parseCountOption, withReadOnlyPipeline, type Command, type GlobalOptions } from '../command.js';
import {
  bold,
  formatChange,
  formatCount,
  formatUsd,
  hasColor,
  writeJson,
  writeLine,
  type Terminal,
} from '../output.js';
import {
  describeAsked,
  describeKnownAt,
  KNOWN_AT_HELP,
  parsePointInTime,
  type PointInTimeOptions,
} from '../point-in-time.js';
import { formatTable, widthOf } from '../table.js';
import { CSV_HELP, writeCsv } from '../csv.js';
import { addUniverseTest } from '../universe-test.js';

interface UniverseOptions extends GlobalOptions, PointInTimeOptions {
  readonly limit: string;
  readonly csv?: boolean;
}

const COLUMNS = ['universe', 'title', 'cacheType', 'count', 'added', 'removed', 'held', 'session'] as const;
const MEMBER_COLUMNS = ['position', 'symbol', 'name', 'marketCapUsd', 'close', 'sector', 'industry', 'since'] as const;

export const universeCommand: Command = {
  register(program, terminal, setExitCode) {
    const universe = program
      .command('universe')
      .argument('[name]', 'one universe, for example top_500; all of them without')
      .summary('show universes and their members')
      .description(
        'Lists every published universe with its size, or the members of one in rank order, now or on a past session.',
      )
      .option('--limit <count>', 'members to show; --json and --csv give all of them', '50')
      .option('--csv', CSV_HELP)
      .option('--as-of <date>', 'members on that session; on a day without one, the session before')
      .option('--known-at <time>', KNOWN_AT_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock universe\n  tickstock universe mega_cap\n  tickstock universe top_500 --csv > top_500.csv\n  tickstock universe top_500 --as-of 2026-04-01 --known-at 2026-04-02T12:00:00Z\n',
      )
      .action(async (name: string | undefined, _: unknown, command: { optsWithGlobals(): UniverseOptions }) => {
        const options = command.optsWithGlobals();
        const limit = parseCountOption(options.limit, '--limit');
        const at = parsePointInTime(options);
        if (name === undefined && (options.asOf ?? options.knownAt) !== undefined) {
          throw new PipelineError('EOD_USAGE', '--as-of and --known-at need the name of a universe', {
            hint: 'for example tickstock universe top_500 --as-of 2026-04-01; `tickstock universe` lists the names',
          });
        }
        const config = loadCliConfig(options, terminal);
        await withReadOnlyPipeline(terminal, config, async (pipeline) => {
          if (name === undefined) {
            const universes = await pipeline.history.universes();
            if (options.json) writeJson(terminal, universes);
            else if (options.csv) writeCsv(terminal, COLUMNS, universes);
            else writeList(terminal, universes);
          } else {
            const universe = await pipeline.history.universe(name, at);
            if (options.json) writeJson(terminal, universe);
            else if (options.csv) writeCsv(terminal, MEMBER_COLUMNS, universe.members);
            else writeMembers(terminal, universe, limit);
          }
          setExitCode(0);
        });
      });
    addUniverseTest(universe, terminal, setExitCode);
  },
};

function writeList(terminal: Terminal, universes: readonly UniverseOverview[]): void {
  const session = universes[0]?.session;
  if (session === undefined) {
    writeLine(terminal.out, 'No universe has been published yet. Next: npx tickstock run');
    return;
  }
  writeLine(terminal.out, bold(`${universes.length} universes on ${session}`, hasColor(terminal, terminal.out)));
  writeLine(
    terminal.out,
    formatTable(
      [
        { title: 'universe' },
        { title: 'title', narrow: 'cut' },
        { title: 'kind', narrow: 'drop' },
        { title: 'members', align: 'right' },
        { title: 'change' },
      ],
      universes.map((universe) => [
        universe.universe,
        universe.title,
        universe.cacheType,
        formatCount(universe.count),
        universe.held ? 'held' : formatChange(universe.added, universe.removed),
      ]),
      widthOf(terminal),
    ),
  );
}

function writeMembers(terminal: Terminal, universe: UniverseDetail, limit: number): void {
  const color = hasColor(terminal, terminal.out);
  const change = formatChange(universe.added, universe.removed);
  const when = `${universe.session}${describeKnownAt(universe.knownAt)}`;
  writeLine(
    terminal.out,
    bold(`${universe.title} on ${when}: ${formatCount(universe.count)} members ${change}`.trimEnd(), color),
  );
  const answeredBy = describeAsked(universe.asked, universe.session);
  if (answeredBy !== null) writeLine(terminal.out, `  ${answeredBy}`);
  if (universe.held) writeLine(terminal.out, '  held: keeps the members of an earlier session');
  writeLine(
    terminal.out,
    formatTable(
      [
        { title: '#', align: 'right' },
        { title: 'symbol' },
        { title: 'name', narrow: 'cut' },
        { title: 'market cap', align: 'right' },
        { title: 'close', align: 'right', narrow: 'drop' },
        { title: 'sector', narrow: 'cut' },
        { title: 'since' },
      ],
      universe.members
        .slice(0, limit)
        .map((member) => [
          String(member.position),
          member.symbol,
          member.name ?? '–',
          formatUsd(member.marketCapUsd),
          member.close === null ? '–' : member.close.toFixed(2),
          member.sector ?? '–',
          member.since,
        ]),
      widthOf(terminal),
    ),
  );
  if (universe.count > limit) {
    writeLine(terminal.out, `  … ${formatCount(universe.count - limit)} more: --limit ${universe.count} or --csv`);
  }
}
