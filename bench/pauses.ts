import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { openServer, type BenchServer } from './support/bench-server.js';
import { reportFigures, type Figure } from './support/figures.js';
import type { Pause } from './support/heartbeat.js';
import { COPIED_SESSIONS, countMarket, loadBars, multiplyBars, settle, withClient } from './support/market-state.js';
import type { PauseOutcome } from './support/pause-process.js';
import { compile, ROOT, runNode } from './support/programs.js';
import { COPY_MARK, copyScreener } from './support/screener-copies.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * How long a run blocks the event loop of its process, which answers no request meanwhile: the longest pause of each phase, and the number
 * of pauses that a request would notice.
 *
 *  1. A year of real bars is loaded. The run of 2026-06-29 is the first publish, the one of 2026-06-30 an ordinary evening, and a
 *     repetition of it has nothing to do.
 *  2. Each is a process of its own, as compiled JavaScript, without warm-up (`pause-process.ts`, `heartbeat.ts`).
 *  3. Then all of it with every row of the screener files 20 times.
 *
 * `npm run bench -- pauses [--repeat 3] [--size 7000|143000] [--trace] [--json]`; on the embedded server, or on the one of DATABASE_URL.
 */
const LOADED = '2026-06-26';
const RUNS = [
  { name: 'first publish', session: '2026-06-29' },
  { name: 'evening', session: '2026-06-30' },
  { name: 'rerun', session: '2026-06-30' },
];
/** A longer delay of a request is noticeable. */
const FELT_MS = 15;
const SIZES = [
  { name: '7000', times: 1, maxPauseMs: 50 },
  { name: '143000', times: 20, maxPauseMs: 200 },
];
const [STATE, TRIAL] = ['bench_pauses', 'bench_trial'];

type Size = (typeof SIZES)[number];

const { values: options } = parseArgs({
  options: {
    repeat: { type: 'string', default: '3' },
    size: { type: 'string' },
    trace: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

async function main(data: SharedData): Promise<void> {
  compile('bench/tsconfig.json');
  const server = await openServer(process.env['DATABASE_URL']);
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-bench-'));
  try {
    for (const size of SIZES.filter(({ name }) => options.size === undefined || options.size === name)) {
      await prepareState(server, data, size);
      for (const { session } of RUNS) await copyScreener(data.screener, folder, session, size.times);
      await measure(server, folder, size);
    }
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Only a year of bars; the copies have bars of the newest sessions only. */
async function prepareState(server: BenchServer, data: SharedData, { times }: Size): Promise<void> {
  const url = await server.create(STATE);
  const database = Database.connect({ url, poolSize: 1, connectTimeoutMs: 5000 });
  await migrate(database);
  await database.close();
  await withClient(url, async (client) => {
    await loadBars(client, data.bars, LOADED);
    await multiplyBars(client, times, COPY_MARK);
    await settle(client);
  });
}

async function measure(server: BenchServer, dir: string, size: Size): Promise<void> {
  const outcomes = new Map<string, PauseOutcome[]>(RUNS.map(({ name }) => [name, []]));
  let symbols = 0;
  for (let round = 0; round < Number(options.repeat); round += 1) {
    const url = await server.create(TRIAL, STATE);
    for (const { name, session } of RUNS) {
      outcomes.get(name)?.push(run(url, dir, session));
      ({ symbols } = await withClient(url, async (client) => {
        await settle(client);
        return countMarket(client);
      }));
    }
  }
  const copies = size.times === 1 ? '' : ` (each ${size.times} times, copies with bars of ${COPIED_SESSIONS} sessions)`;
  const title = `longest pauses at ${symbols.toLocaleString('en-US')} symbols${copies}, ${server.name}`;
  const figures = [...outcomes].flatMap(([name, runs]) => toFigures(name, runs, size));
  reportFigures(title, figures, options.json);
}

function toFigures(name: string, runs: readonly PauseOutcome[], { maxPauseMs }: Size): Figure[] {
  return (runs[0]?.phases ?? []).map(({ id, summary }) => {
    const pauses = runs.map((outcome) => outcome.pauses.filter(({ during }) => during.startsWith(id)));
    const longest = pauses.flat().toSorted((left, right) => right.ms - left.ms);
    const felt = pauses.map((ofRun) => ofRun.filter(({ ms }) => ms > FELT_MS).length);
    if (options.trace) longest.slice(0, 8).forEach((pause) => console.error(`  ${name}: ${describe(pause)}`));
    return {
      name: `${name}, ${id}`,
      value: longest[0]?.ms ?? 0,
      unit: 'ms',
      bar: maxPauseMs,
      note: [
        `over ${FELT_MS} ms: ${felt.join(' ')} times`,
        `phase ${runs.map((outcome) => outcome.phases.find((phase) => phase.id === id)?.durationMs).join(' ')} ms`,
        longest[0] ? describe(longest[0]) : summary,
      ].join('; '),
    };
  });
}

function describe({ ms, wallMs, gcMs, during }: Pause): string {
  return `${ms.toFixed(0)} ms (wall ${wallMs.toFixed(0)}, gc ${gcMs.toFixed(0)}) at ${during}`;
}

function run(url: string, dir: string, session: string): PauseOutcome {
  const { stdout } = runNode(`${ROOT}/dist/bench/bench/support/pause-process.js`, [url, dir, session]);
  return JSON.parse(stdout) as PauseOutcome;
}

const data = findSharedData();
if (data) await main(data);
