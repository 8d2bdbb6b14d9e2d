import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { compareRevisions } from './support/compare.js';
import { ROOT } from './support/programs.js';

/** Every bench, one line each; the file is named after it. */
const BENCHES: Readonly<Record<string, string>> = {
  start: 'how fast the command starts, against `node -e 0`',
  'cache-sync': 'cache sync on an ordinary evening, against the least work a database can do',
  run: 'whole processes of the command: first start, evenings, a backfill',
  import: 'a history of real bars from CSV, against COPY of the same rows',
  'import-evening': "one evening's import of the screener, against reading and parsing its files",
  'csv-year': 'a year of real bars published from CSV, against the same by the loader of the benches',
  pauses: 'how long a run holds the event loop',
  http: 'requests a second, and their delay during a run',
  events: 'events a second from the outbox to Redis, and their delay',
  replay: 'a year replayed, and questions about the past',
  gates: 'which sessions of a year of real bars the gates hold; without figures to compare',
  truth:
    'wrong market caps in the top lists, and holds, over that year or a folder of files; without figures to compare',
  renames: 'renames and new listings in three months of real files; without figures to compare',
  companies: 'rankings by company in those files; without figures to compare',
  actions: 'splits found in that year, and indicators against an adjusted reference; without figures to compare',
  banding: 'turnover of that year with and without buffers; without figures to compare',
};

const USAGE = `Usage: npm run bench -- NAME [options of the bench]
       npm run bench -- NAME --against REV [--pairs 10] [options of the bench]

Benches:
${Object.entries(BENCHES)
  .map(([name, about]) => `  ${name.padEnd(14)} ${about}`)
  .join('\n')}

Options:
  --against REV  build another revision in a temporary folder, run its own bench of that name and this checkout's in turn, and
                 print the ratio of each figure, this checkout to REV: median, middle half and all
  --pairs N      how many times each is run (default 10)
  --help         show this
The options of a bench, such as --repeat and --json, are described in bench/NAME.ts. Most need real data in ../shared (TICKSTOCK_SHARED) and
measure on an embedded server, or on the one of DATABASE_URL.

Examples:
  npm run bench -- start
  npm run bench -- cache-sync --repeat 5
  npm run bench -- cache-sync --against HEAD~1 --pairs 3
  npm run bench -- pauses --against v0.1.0 --size 7000
`;

process.exitCode = main(process.argv.slice(2));

function main(args: string[]): number {
  if (args.length === 0 || args.includes('--help')) {
    console.log(USAGE);
    return args.length === 0 ? 2 : 0;
  }
  const [name = '', ...rest] = args;
  if (!Object.hasOwn(BENCHES, name)) return refuse(`there is no bench "${name}"`);
  const [against, pairs] = [takeOption(rest, '--against'), takeOption(rest, '--pairs')];
  if (against === undefined) return pairs === undefined ? runBench(name, rest) : refuse('--pairs needs --against REV');
  if (against === '' || against.startsWith('-')) return refuse('--against needs a revision, for example HEAD~1');
  const count = Number(pairs ?? '10');
  if (!Number.isInteger(count) || count < 1) return refuse(`--pairs is "${pairs}"; allowed is a whole number from 1`);
  return compare(name, against, count, rest);
}

function compare(bench: string, against: string, pairs: number, args: readonly string[]): number {
  // Ctrl-C ends the running bench with an error here; the folder of the revision is removed.
  process.on('SIGINT', () => undefined);
  // The revision is in a folder of its own, without data beside it.
  process.env['TICKSTOCK_SHARED'] ??= join(ROOT, '../shared');
  try {
    console.log(compareRevisions({ bench, against, pairs, args }));
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

function runBench(name: string, args: readonly string[]): number {
  const script = join(ROOT, 'bench', `${name}.ts`);
  return spawnSync(process.execPath, ['--import', 'tsx', script, ...args], { stdio: 'inherit' }).status ?? 1;
}

/** Removes an option and its value. @returns the value, empty when absent */
function takeOption(args: string[], option: string): string | undefined {
  const at = args.indexOf(option);
  return at === -1 ? undefined : (args.splice(at, 2)[1] ?? '');
}

function refuse(reason: string): number {
  console.error(`${reason}\n\n${USAGE}`);
  return 2;
}
