import type { Command as Program } from 'commander';
import { PipelineError, type LoadedConfig, type TriedUniverse, type UniverseTrial } from '../index.js';
import {
  loadCliConfig,
  parseCountOption,
  parseSessionOption,
  withReadOnlyPipeline,
  type GlobalOptions,
} from './command.js';
import {
  bold,
  formatCount,
  formatCounted,
  formatUsd,
  hasColor,
  writeJson,
  writeLine,
  type Terminal,
} from './output.js';
import { formatTable, widthOf } from './table.js';

interface TestOptions extends GlobalOptions {
  readonly asOf?: string;
  readonly limit: string;
}

/** Adds `test` to the command `universe`. */
export function addUniverseTest(universe: Program, terminal: Terminal, setExitCode: (code: number) => void): void {
  universe
    .command('test')
    .argument('<file>', 'YAML in the form of universes.yaml, with entries of `rankings` and `bands`')
    .summary('show what rankings and bands would contain, before they are published')
    .description(
      'Applies a file over the settings, as if it were part of universes.yaml, and shows what its rankings and bands would contain in a\n' +
        'session: how many stocks each step removes, and the members in order. Nothing is written.',
    )
    .option('--as-of <date>', 'session, YYYY-MM-DD; default: the newest that has been imported')
    .option('--limit <count>', 'members to show of each; --json gives all of them', '10')
    .addHelpText(
      'after',
      '\nExamples:\n  tickstock universe test movers.yaml\n  tickstock universe test movers.yaml --as-of 2026-06-30 --json\n\n' +
        'A file:\n  rankings:\n    - { key: movers, title: Movers, size: 50, measure: return, sessions: 20, minPriceUsd: 5 }\n',
    )
    .action(async (file: string, _: unknown, command: { optsWithGlobals(): TestOptions }) => {
      const options = command.optsWithGlobals();
      const limit = parseCountOption(options.limit, '--limit');
      const config = loadCliConfig(options, terminal, {}, file);
      const keys = listKeys(config, file);
      await withReadOnlyPipeline(terminal, config, async (pipeline) => {
        const session = parseSessionOption(options.asOf);
        const trial = await pipeline.tryUniverses({ session, keys, signal: terminal.signal });
        if (options.json) writeJson(terminal, trial);
        else for (const tried of trial.universes) writeTried(terminal, tried, trial, limit);
        setExitCode(0);
      });
    });
}

/** Keys of the rankings and bands that a file has. */
function listKeys(loaded: LoadedConfig, file: string): string[] {
  const keys = new Set<string>();
  for (const { path, origin } of loaded.explain()) {
    const [, list, index] = /^universes\.(rankings|bands)\[(\d+)\]/.exec(path) ?? [];
    if (origin.kind !== 'file' || origin.file !== file || index === undefined) continue;
    const entry = loaded.config.universes[list as 'rankings' | 'bands'][Number(index)];
    if (entry !== undefined) keys.add(entry.key);
  }
  if (keys.size > 0) return [...keys];
  throw new PipelineError('EOD_USAGE', `${file} has no rankings and no bands`, {
    hint: 'write `rankings:` or `bands:` with entries as in config/universes.yaml',
  });
}

function writeTried(
  terminal: Terminal,
  { title, key, measure, steps, members }: TriedUniverse,
  { session }: UniverseTrial,
  limit: number,
): void {
  const line = (text = ''): void => writeLine(terminal.out, text);
  const color = hasColor(terminal, terminal.out);
  const isByCap = measure === 'market cap';
  line(bold(`${title} (${key}) on ${session}: ${formatCounted(members.length, 'stock')} by ${measure}`, color));
  line(
    formatTable(
      [
        { title: 'step', narrow: 'cut' },
        { title: 'removed', align: 'right' },
        { title: 'left', align: 'right' },
      ],
      steps.map(({ step, removed, left }) => [step, removed === 0 ? '' : formatCount(removed), formatCount(left)]),
      widthOf(terminal),
    ),
  );
  line();
  line(
    formatTable(
      [
        { title: '#', align: 'right' },
        { title: 'symbol' },
        { title: 'name', narrow: 'cut' },
        { title: measure, align: 'right' },
        { title: 'close', align: 'right' },
        ...(isByCap ? [] : ([{ title: 'market cap', align: 'right', narrow: 'drop' }] as const)),
        { title: 'sector', narrow: 'drop' },
      ],
      members
        .slice(0, limit)
        .map((member) => [
          String(member.position),
          member.symbol,
          member.name ?? '–',
          member.figureText,
          member.close === null ? '–' : member.close.toFixed(2),
          ...(isByCap ? [] : [formatUsd(member.marketCapUsd)]),
          member.sector ?? '–',
        ]),
      widthOf(terminal),
    ),
  );
  if (members.length > limit)
    line(`  … ${formatCount(members.length - limit)} more: --limit ${members.length} or --json`);
  line();
}
