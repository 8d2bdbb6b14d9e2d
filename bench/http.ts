import { spawn, spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { openServer, type BenchServer } from './support/bench-server.js';
import type { CallersOutcome } from './support/callers-process.js';
import { median, reportFigures, type Figure } from './support/figures.js';
import { loadBars, settle, withClient } from './support/market-state.js';
import { compile, ROOT } from './support/programs.js';
import { findSharedData, type SharedData } from './support/shared-data.js';

/**
 * Response times and throughput of the HTTP service.
 *
 *  1. A year of real bars is loaded and 2026-06-29 is published. Copies of that database are used for the measurements.
 *  2. 50 callers request the status during the whole run of 2026-06-30, each ten times a second. The delay of a late answer also counts for
 *     the requests that it kept waiting. Callers, service and database share the cores of the machine. For comparison, 50 callers request
 *     again as soon as they are answered.
 *  3. One process with one core to itself serves /api/universes/top_500, and callers on the other cores request it repeatedly.
 *
 * The service is compiled JavaScript in a process of its own, and so are the callers.
 *
 * `npm run bench -- http [--repeat 3] [--json]`; on the embedded server, or on the one of DATABASE_URL.
 */
const [LOADED, PUBLISHED, EVENING] = ['2026-06-26', '2026-06-29', '2026-06-30'];
const [STATE, TRIAL] = ['bench_http', 'bench_trial'];
const KEY = 'bench-key-0123456789abcdef';
const STATUS = '/api/processing/status';
const CALLERS = 50;
const ASK_EVERY_MS = 100;
const MAX_P99_MS = 20;
const LOAD_SECONDS = 10;
/** A thousand requests a second, as a time, because a bar is an upper limit. */
const MAX_THOUSAND_S = 1;

const { values: options } = parseArgs({
  options: { repeat: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});

async function main(data: SharedData): Promise<void> {
  compile('bench/tsconfig.json');
  const server = await openServer(process.env['DATABASE_URL']);
  try {
    await prepareState(server, data);
    const rounds = Array.from({ length: Number(options.repeat) }, (_, round) => round);
    const paced: CallersOutcome[] = [];
    const eager: CallersOutcome[] = [];
    for (const _ of rounds) {
      paced.push(await callDuringRun(server, data, ASK_EVERY_MS));
      eager.push(await callDuringRun(server, data, 0));
    }
    const lists = await callForLists(server, data);
    reportFigures(
      `HTTP, ${server.name}`,
      [
        ...toStatusFigures('polling', paced, MAX_P99_MS),
        ...toStatusFigures('at once again', eager),
        toListFigure(lists),
      ],
      options.json,
    );
  } finally {
    await server.close();
  }
}

/** The state before the evening: a year of bars, and the previous session published. */
async function prepareState(server: BenchServer, data: SharedData): Promise<void> {
  const url = await server.create(STATE);
  const database = Database.connect({ url, poolSize: 1, connectTimeoutMs: 5000 });
  await migrate(database);
  await database.close();
  await withClient(url, async (client) => loadBars(client, data.bars, LOADED));
  await withService(url, data, PUBLISHED, [], (address) => runCallers(address, STATUS, 1, 1000, 0));
  await withClient(url, settle);
}

async function callDuringRun(server: BenchServer, data: SharedData, everyMs: number): Promise<CallersOutcome> {
  const url = await server.create(TRIAL, STATE);
  return withService(url, data, EVENING, [], (address) => runCallers(address, STATUS, CALLERS, everyMs, 0));
}

async function callForLists(server: BenchServer, data: SharedData): Promise<CallersOutcome> {
  const url = await server.create(TRIAL, STATE);
  return withService(url, data, PUBLISHED, pinTo('0'), (address) =>
    runCallers(address, '/api/universes/top_500', 10, 0, LOAD_SECONDS, pinTo(`1-${cpus().length - 1}`)),
  );
}

/** Starts the service, passes its address and stops it. */
async function withService<Result>(
  url: string,
  { screener }: SharedData,
  session: string,
  prefix: readonly string[],
  work: (address: string) => Promise<Result>,
): Promise<Result> {
  const child = startNode('http-process.js', [url, screener, session, KEY], prefix);
  const ended = once(child, 'exit');
  try {
    const [line] = (await Promise.race([
      once(child.stdout, 'data'),
      ended.then(() => Promise.reject(new Error('the service did not start'))),
    ])) as [Buffer];
    return await work(line.toString().trim());
  } finally {
    child.stdin.end();
    await ended;
  }
}

async function runCallers(
  address: string,
  path: string,
  callers: number,
  everyMs: number,
  seconds: number,
  prefix: readonly string[] = [],
): Promise<CallersOutcome> {
  const child = startNode('callers-process.js', [address, KEY, path, callers, everyMs, seconds].map(String), prefix);
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (exitCode !== 0) throw new Error(`the callers ended with ${exitCode}`);
  const outcome = JSON.parse(text) as CallersOutcome;
  if (outcome.failures > 0) throw new Error(`${outcome.failures} of ${outcome.requests} requests failed`);
  return outcome;
}

function startNode(script: string, args: readonly string[], prefix: readonly string[]) {
  const [file, ...rest] = [...prefix, process.execPath, join(ROOT, 'dist/bench/bench/support', script), ...args];
  return spawn(file ?? process.execPath, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Without `taskset`, or with a single core, nothing is pinned. */
function pinTo(cores: string): string[] {
  const isPossible = cpus().length > 1 && spawnSync('taskset', ['-c', '0', 'true']).status === 0;
  return isPossible ? ['taskset', '-c', cores] : [];
}

function toStatusFigures(how: string, rounds: readonly CallersOutcome[], bar?: number): Figure[] {
  const list = (pick: (round: CallersOutcome) => number): string =>
    rounds.map((round) => pick(round).toFixed(0)).join(' ');
  const note = `p99 ${list((round) => round.p99Ms)}, p50 ${list((round) => round.p50Ms)}, longest ${list((round) => round.maxMs)} ms, ${list((round) => round.requests)} requests in runs of ${list((round) => round.durationMs)} ms`;
  const value = median(rounds.map((round) => round.p99Ms));
  return [{ name: `status, ${CALLERS} callers ${how}, p99`, value, unit: 'ms', ...(bar && { bar }), note }];
}

function toListFigure({ requestsPerSecond, p99Ms }: CallersOutcome): Figure {
  const note = `${requestsPerSecond.toFixed(0)} requests/s, p99 ${p99Ms} ms`;
  return {
    name: '1,000 times top_500 on one core',
    value: 1000 / requestsPerSecond,
    unit: 's',
    bar: MAX_THOUSAND_S,
    note,
  };
}

const data = findSharedData();
if (data) await main(data);
