import { parseArgs } from 'node:util';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { openServer, type BenchServer } from './support/bench-server.js';
import { listMs, median, reportFigures, type Figure } from './support/figures.js';
import { COPIED_SESSIONS, countMarket, loadBars, multiplySymbols, settle, withClient } from './support/market-state.js';
import { compile, ROOT, runNode, runProgram } from './support/programs.js';
import { findSharedData, type SharedData } from './support/shared-data.js';
import type { SyncOutcome } from './support/sync-process.js';

/**
 * The cache-sync phase on an ordinary evening, compared with `floor.sql`, the least work the database can do for a full rewrite: the real
 * session 2026-06-30 with 2026-06-29 published and 249 sessions of bars, once as it is and once with every symbol 20 times.
 *
 *  1. Two states are prepared and kept as template databases: before the first publish, and before the evening (`prepareStates`).
 *  2. Every measurement starts on a fresh copy of a state; floor and phase alternate (`measure`).
 *  3. The phase runs in a process of its own, as compiled JavaScript, and is the first thing that process does (`sync-process.ts`); the
 *     floor is a whole `psql` process.
 *
 * `npm run bench -- cache-sync [--repeat 9] [--size 7000|143000] [--json]`; on the embedded server, or on the one of DATABASE_URL.
 */
const [YESTERDAY, TODAY] = ['2026-06-29', '2026-06-30'];
const [FIRST, EVENING, TRIAL] = ['bench_first', 'bench_evening', 'bench_trial'];
const MAX_RATIO = 1.5;
const MAX_RERUN_RATIO = 0.3;
const SIZES = [
  { name: '7000', times: 1, repeatFactor: 1, maxMemoryMb: 150 },
  { name: '143000', times: 20, repeatFactor: 0.5, maxMemoryMb: 400 },
];

type Size = (typeof SIZES)[number];

const { values: options } = parseArgs({
  options: {
    repeat: { type: 'string', default: '9' },
    size: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

async function main(data: SharedData): Promise<void> {
  compile('bench/tsconfig.json');
  const server = await openServer(process.env['DATABASE_URL']);
  try {
    for (const size of SIZES.filter(({ name }) => options.size === undefined || options.size === name)) {
      const { sessions, symbols } = await prepareStates(server, data, size);
      const copies =
        size.times === 1 ? '' : ` (each ${size.times} times, the copies with bars of ${COPIED_SESSIONS} sessions)`;
      const title = `${symbols.toLocaleString('en-US')} symbols${copies}, ${sessions} sessions of bars, ${server.name}`;
      reportFigures(title, await measure(server, data, size), options.json);
    }
  } finally {
    await server.close();
  }
}

/** Creates the states before the first publish and before the evening, both vacuumed and without connections. */
async function prepareStates(server: BenchServer, data: SharedData, { times }: Size) {
  const url = await server.create(EVENING);
  const database = Database.connect({ url, poolSize: 1, connectTimeoutMs: 5000 });
  await migrate(database);
  await database.close();
  await withClient(url, (client) => loadBars(client, data.bars, YESTERDAY));
  sync(url, data, YESTERDAY, 'import');
  await withClient(url, async (client) => {
    if (times > 1) await multiplySymbols(client, times);
    await settle(client);
  });
  await server.create(FIRST, EVENING);
  sync(url, data, YESTERDAY, 'cache-sync');
  sync(url, data, TODAY, 'import');
  return withClient(url, async (client) => {
    if (times > 1) await multiplySymbols(client, times);
    await settle(client);
    return countMarket(client);
  });
}

async function measure(server: BenchServer, data: SharedData, size: Size): Promise<Figure[]> {
  const [floors, first, evenings, reruns]: [number[], SyncOutcome[], SyncOutcome[], SyncOutcome[]] = [[], [], [], []];
  for (let round = 0; round < Math.max(3, Number(options.repeat) * size.repeatFactor); round += 1) {
    const floor = await server.create(TRIAL, EVENING);
    floors.push(runProgram('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', data.floor, floor]).durationMs);
    const evening = await server.create(TRIAL, EVENING);
    evenings.push(sync(evening, data, TODAY, 'cache-sync'));
    reruns.push(sync(evening, data, TODAY, 'cache-sync'));
    if (round < 3) first.push(sync(await server.create(TRIAL, FIRST), data, YESTERDAY, 'cache-sync'));
  }
  return toFigures(floors, { first, evenings, reruns }, size);
}

function toFigures(
  floors: readonly number[],
  phases: Readonly<Record<'first' | 'evenings' | 'reruns', readonly SyncOutcome[]>>,
  { maxMemoryMb }: Size,
): Figure[] {
  const times = (outcomes: readonly SyncOutcome[]): number[] => outcomes.map((outcome) => outcome.durationMs);
  const floorMs = median(floors);
  const eveningMs = median(times(phases.evenings));
  const rerunMs = median(times(phases.reruns));
  const figure = (name: string, value: number, runs: readonly number[]): Figure => ({
    name,
    value,
    unit: 'ms',
    note: listMs(runs),
  });
  return [
    figure('floor.sql, whole psql process', floorMs, floors),
    figure('ordinary evening', eveningMs, times(phases.evenings)),
    {
      name: '  of the floor',
      value: eveningMs / floorMs,
      unit: 'x',
      bar: MAX_RATIO,
      note: phases.evenings[0]?.summary ?? '',
    },
    figure('rerun without changes', rerunMs, times(phases.reruns)),
    {
      name: '  of the evening',
      value: rerunMs / eveningMs,
      unit: 'x',
      bar: MAX_RERUN_RATIO,
      note: phases.reruns[0]?.summary ?? '',
    },
    figure('first publish', median(times(phases.first)), times(phases.first)),
    memory('peak memory, ordinary evening', phases.evenings, maxMemoryMb),
    memory('peak memory, first publish', phases.first, maxMemoryMb),
  ];
}

function memory(name: string, outcomes: readonly SyncOutcome[], bar: number): Figure {
  const peaks = outcomes.map((outcome) => outcome.peakMemoryMb);
  return { name, value: Math.max(...peaks), unit: 'MB', bar, note: 'of the process that runs the phase' };
}

function sync(url: string, data: SharedData, session: string, phase: 'import' | 'cache-sync'): SyncOutcome {
  const { stdout } = runNode(`${ROOT}/dist/bench/bench/support/sync-process.js`, [url, data.screener, session, phase]);
  return JSON.parse(stdout) as SyncOutcome;
}

const data = findSharedData();
if (data) await main(data);
