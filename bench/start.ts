import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedServer } from '../src/db/embedded/server.js';
import { listMs, median, reportFigures, type Figure } from './support/figures.js';
import { ROOT, runNode, runProgram } from './support/programs.js';

/**
 * Start time of the command, compared with the minimum of Node (`node -e 0`): whole processes of the built command, alternating. The status
 * is requested from a running embedded server, by its address and by its folder.
 *
 * `npm run bench -- start [--repeat 21] [--json]`
 */
const MAIN = join(ROOT, 'dist/cli/main.js');
const MAX_VERSION_RATIO = 2.5;
const MAX_STATUS_RATIO = 6;

const { values: options } = parseArgs({
  options: { repeat: { type: 'string', default: '21' }, json: { type: 'boolean', default: false } },
});

interface Start {
  readonly name: string;
  readonly args: readonly string[];
  readonly maxRatio?: number;
  readonly timesMs: number[];
}

async function main(): Promise<void> {
  runProgram('npm', ['run', '-s', 'build']);
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-bench-'));
  const server = await startEmbeddedServer({ dataDir: join(folder, 'data') });
  try {
    // The first one migrates the new database.
    runNode(MAIN, ['db', 'migrate', '--data-dir', server.dataDir], folder);
    reportFigures('start of the command', measure(server.url, server.dataDir, folder), options.json);
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function measure(url: string, dataDir: string, folder: string): Figure[] {
  process.env['DATABASE_URL'] = url;
  const starts: Start[] = [
    { name: 'node -e 0', args: ['-e', '0'], timesMs: [] },
    { name: 'tickstock --version', args: [MAIN, '--version'], maxRatio: MAX_VERSION_RATIO, timesMs: [] },
    { name: 'tickstock --help', args: [MAIN, '--help'], timesMs: [] },
    { name: 'tickstock status', args: [MAIN, 'status'], maxRatio: MAX_STATUS_RATIO, timesMs: [] },
    { name: 'tickstock status, by folder', args: [MAIN, 'status', '--data-dir', dataDir], timesMs: [] },
  ];
  for (let round = 0; round < Number(options.repeat); round += 1) {
    for (const { args, timesMs } of starts) timesMs.push(runProgram(process.execPath, args, folder).durationMs);
  }
  const [least] = starts;
  return starts.flatMap((start): Figure[] => [
    { name: start.name, value: median(start.timesMs), unit: 'ms', note: listMs(start.timesMs) },
    ...(least === undefined || start === least ? [] : [toRatio(start, least)]),
  ]);
}

/** Round by round, so that other load of the machine affects neighbours alike. */
function toRatio({ name, maxRatio, timesMs }: Start, least: Start): Figure {
  const ratios = timesMs.map((timeMs, round) => timeMs / (least.timesMs[round] ?? NaN));
  const bar = maxRatio === undefined ? {} : { bar: maxRatio };
  return { name: `  ${name}, of ${least.name}`, value: median(ratios), unit: 'x', ...bar };
}

await main();
