import { parseSessionDate, type UniverseDiff } from '../../index.js';
import {
  loadCliConfig,
  parseSessionOption,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { CSV_HELP, writeCsv } from '../csv.js';
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
import { describeAsked, describeKnownAt, KNOWN_AT_HELP } from '../point-in-time.js';
import { formatTable, widthOf } from '../table.js';

interface DiffOptions extends GlobalOptions {
  readonly from: string;
  readonly to?: string;
  readonly knownAt?: string;
  readonly csv?: boolean;
}

const COLUMNS = ['change', 'symbol', 'name', 'session', 'reason', 'rank', 'marketCapUsd'] as const;

export const diffCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('diff')
      .argument('<name>', 'a universe, for example top_500')
      .summary('compare the members of a universe on two sessions')
      .description(
        'Shows the members added to and removed from a universe between two sessions, when and why. Symbols that left and rejoined in between are not listed.',
      )
      .requiredOption('--from <date>', 'the earlier session')
      .option('--to <date>', 'the later session; default: the newest published')
      .option('--known-at <time>', KNOWN_AT_HELP)
      .option('--csv', CSV_HELP)
      .addHelpText(
        'after',
        '\nExamples:\n  tickstock diff top_500 --from 2026-04-01 --to 2026-06-30\n  tickstock diff mega_cap --from 2026-06-01 --csv > mega_cap.csv\n',
      )
      .action(async (name: string, _: unknown, command: { optsWithGlobals(): DiffOptions }) => {
        const options = command.optsWithGlobals();
        const [from, to] = [parseSessionDate(options.from), parseSessionOption(options.to)];
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const diff = await pipeline.history.diff(name, { from, to, knownAt: options.knownAt });
          if (options.json) writeJson(terminal, diff);
          else if (options.csv) writeCsv(terminal, COLUMNS, toRows(diff));
          else writeDiff(terminal, diff);
          setExitCode(0);
        });
      });
  },
};

function writeDiff(terminal: Terminal, diff: UniverseDiff): void {
  const { title, from, to, knownAt, added, removed } = diff;
  const change = formatChange(added.length, removed.length) || 'no change';
  const span = `from ${from.session} to ${to.session}${describeKnownAt(knownAt)}`;
  const counts = `${formatCount(from.count)} members, then ${formatCount(to.count)}`;
  writeLine(terminal.out, bold(`${title} ${span}: ${change} (${counts})`, hasColor(terminal, terminal.out)));
  for (const end of [from, to]) {
    const answeredBy = describeAsked(end.asked, end.session);
    if (answeredBy !== null) writeLine(terminal.out, `  ${answeredBy}`);
  }
  if (added.length + removed.length === 0) return;
  writeLine(
    terminal.out,
    formatTable(
      [
        { title: '' },
        { title: 'symbol' },
        { title: 'name', narrow: 'cut' },
        { title: 'session' },
        { title: 'reason' },
        { title: 'rank', align: 'right', narrow: 'drop' },
        { title: 'market cap', align: 'right', narrow: 'drop' },
      ],
      toRows(diff).map(({ change: action, symbol, name, session, reason, rank, marketCapUsd }) => [
        action === 'added' ? '+' : '−',
        symbol,
        name ?? '–',
        session ?? '–',
        reason ?? '–',
        rank === null ? '–' : formatCount(rank),
        formatUsd(marketCapUsd),
      ]),
      widthOf(terminal),
    ),
  );
}

function toRows({ added, removed }: UniverseDiff) {
  return [
    ...added.map((entry) => ({ change: 'added' as const, ...entry })),
    ...removed.map((entry) => ({ change: 'removed' as const, ...entry })),
  ];
}
