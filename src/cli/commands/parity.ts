import { PipelineError, type HandoverReport, type ParityDifference, type PhaseParity } from '../../index.js';
import {
  loadCliConfig,
  parseCountOption,
  parseSessionOption,
  withReadOnlyPipeline,
  type Command,
  type GlobalOptions,
} from '../command.js';
import { describeVerdict } from '../handover-text.js';
import { bold, formatCount, hasColor, writeJson, writeLine, type Terminal } from '../output.js';
import { formatTable, widthOf } from '../table.js';

interface ParityOptions extends GlobalOptions {
  readonly session?: string;
  readonly limit: string;
}

const KINDS: readonly (readonly [ParityDifference['kind'], string])[] = [
  ['missing', 'Rows that are missing'],
  ['abandoned', 'Rows that a run would delete'],
  ['extra', 'Rows that no run writes or deletes'],
  ['membership', 'Other members'],
  ['order', 'The same members in another order'],
  ['values', 'Other values'],
];
const DIFFERING_SYMBOLS = 5;

export const parityCommand: Command = {
  register(program, terminal, setExitCode) {
    program
      .command('parity')
      .summary('compare the rows of cache_entries with what would be written')
      .description(
        'Compares the managed rows of cache_entries with what cache sync would write, and lists the\n' +
          'differences by kind; writes nothing. Exits with 0 when all agree. Before deleting an old job, run it and then this.',
      )
      .option('--session <date>', 'trading session, YYYY-MM-DD; default: the newest imported one')
      .option('--limit <count>', 'rows to list of each kind; --json gives all of them', '20')
      .addHelpText('after', '\nExamples:\n  tickstock parity\n  tickstock parity --json | jq .differences[].place\n')
      .action(async (_: unknown, command: { optsWithGlobals(): ParityOptions }) => {
        const options = command.optsWithGlobals();
        const session = parseSessionOption(options.session);
        const limit = parseCountOption(options.limit, '--limit');
        await withReadOnlyPipeline(terminal, loadCliConfig(options, terminal), async (pipeline) => {
          const parity = await pipeline.parity({ session, signal: terminal.signal });
          const verdict = await pipeline.handover.judge(parity);
          if (options.json) writeJson(terminal, { ...parity, ready: verdict.ready });
          else writeParity(terminal, parity, verdict, limit);
          const error = toError(parity);
          if (error && !options.json) throw error;
          setExitCode(error?.exitCode ?? 0);
        });
      });
  },
};

function writeParity(
  terminal: Terminal,
  { session, rows, equal, sameMembers, differences, warnings }: PhaseParity,
  verdict: HandoverReport,
  limit: number,
): void {
  const color = hasColor(terminal, terminal.out);
  const line = (text: string): void => writeLine(terminal.out, text);
  line(
    bold(
      `Session ${session}: ${formatCount(equal)} of ${formatCount(rows)} rows are equal to what would be written`,
      color,
    ),
  );
  line(`${formatCount(sameMembers)} have the same members in the same order`);
  for (const warning of warnings) line(`warning: ${warning}`);
  for (const [kind, title] of KINDS) {
    const own = differences.filter((difference) => difference.kind === kind);
    if (own.length === 0) continue;
    line('');
    line(bold(`${title}: ${formatCount(own.length)}`, color));
    line(
      formatTable(
        [{ title: '' }, { title: '' }, { title: '' }],
        own
          .slice(0, limit)
          .map(({ place, detail, added, removed }) => [place, detail, describeSymbols(added, removed)]),
        widthOf(terminal),
      ),
    );
    if (own.length > limit) line(`  … ${formatCount(own.length - limit)} more: --limit ${own.length} or --json`);
  }
  line('');
  line(`${describeVerdict(verdict)}${verdict.ready ? '' : ': `tickstock handover` has the reasons'}`);
}

/** `in NVDA DELL  out HPQ`: how the row to be written differs from the stored one. */
function describeSymbols(added: readonly string[], removed: readonly string[]): string {
  const list = (title: string, symbols: readonly string[]): string =>
    symbols.length === 0
      ? ''
      : `${title} ${symbols.slice(0, DIFFERING_SYMBOLS).join(' ')}${symbols.length > DIFFERING_SYMBOLS ? ' …' : ''}`;
  return [list('in', added), list('out', removed)].filter(Boolean).join('  ');
}

function toError({ differences, session }: PhaseParity): PipelineError | undefined {
  if (differences.length === 0) return undefined;
  const count = new Set(differences.map(({ place }) => place)).size;
  return new PipelineError(
    'EOD_PARITY',
    `${formatCount(count)} row${count === 1 ? ' differs' : 's differ'} from what cache sync would write for ${session}`,
    {
      hint: '`tickstock run --phase cache-sync --dry-run` shows what would be written and what is held; without --dry-run it is written, except what is held',
      context: { rows: count, differences: differences.length },
    },
  );
}
