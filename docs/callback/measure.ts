import { cpus } from 'node:os';
import { openServer, type BenchServer } from '../../bench/support/bench-server.js';
import { countMarket, loadBars, multiplySymbols, settle, withClient } from '../../bench/support/market-state.js';
import { compile, ROOT, runNode } from '../../bench/support/programs.js';
import type { SharedData } from '../../bench/support/shared-data.js';
import { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import { startRedis } from '../../test/support/redis.js';
import type { MeasuredRun } from './measured-run.js';

const [YESTERDAY, TODAY] = ['2026-06-29', '2026-06-30'];
const [FIRST, EVENING, TRIAL] = ['callback_first', 'callback_evening', 'callback_trial'];
const SIZES = [
  { times: 1, rounds: 7 },
  { times: 20, rounds: 3 },
];

type Measured = MeasuredRun & { readonly processMs: number };
type Runs = Readonly<Record<'first' | 'evening' | 'again', readonly Measured[]>>;

interface Place {
  readonly server: BenchServer;
  readonly redisUrl: string;
  readonly data: SharedData;
}

/**
 * Cache sync of 2026-06-29 as the first one of all, of 2026-06-30 as an ordinary evening, and a repetition of it: on the real market, and
 * with every symbol 20 times, as the old jobs were measured. Each on a fresh copy of a prepared database, with a year of bars, in a process
 * of its own that also delivers its events to a real Redis.
 * @returns the part of the document, Markdown
 */
export async function measure(data: SharedData): Promise<string> {
  compile('bench/tsconfig.json');
  const server = await openServer(process.env['DATABASE_URL']);
  const redis = await startRedis();
  const place = { server, redisUrl: redis.url, data };
  try {
    const version = /redis_version:(\S+)/.exec(await redis.connect().info('server'))?.[1];
    const rounds = SIZES.map(({ rounds }) => rounds).join(' and ');
    const machine = `${cpus().length} cores, Node ${process.versions.node}, ${server.name}, Redis ${version}`;
    const rows: string[] = [];
    for (const { times, rounds } of SIZES) {
      const { symbols } = await prepareStates(place, times);
      rows.push(...describeRuns(await measureRounds(place, rounds), symbols));
    }
    return [`Machine: ${machine}. Medians of ${rounds} rounds, and their range.`, '', HEAD, RULE, ...rows].join('\n');
  } finally {
    await redis.stop();
    await server.close();
  }
}

const HEAD =
  '| active symbols | cache sync | the sync | whole process | peak memory | statements | changes | stored events |';
const RULE = '| --- | --- | --- | --- | --- | --- | --- | --- |';

async function prepareStates({ server, data, ...place }: Place, times: number) {
  const url = await server.create(EVENING);
  const database = Database.connect({ url, poolSize: 1, connectTimeoutMs: 5000 });
  await migrate(database);
  await database.close();
  await withClient(url, (client) => loadBars(client, data.bars, YESTERDAY));
  const multiply = () =>
    withClient(url, async (client) => {
      if (times > 1) await multiplySymbols(client, times);
      await settle(client);
      return countMarket(client);
    });
  const here = { server, data, ...place };
  run(here, url, YESTERDAY, 'import');
  await multiply();
  await server.create(FIRST, EVENING);
  run(here, url, YESTERDAY, 'cache-sync');
  run(here, url, TODAY, 'import');
  return multiply();
}

async function measureRounds(place: Place, rounds: number): Promise<Runs> {
  const copy = (state: string): Promise<string> => place.server.create(TRIAL, state);
  const runs = { first: [] as Measured[], evening: [] as Measured[], again: [] as Measured[] };
  for (let round = 0; round < rounds; round += 1) {
    runs.first.push(run(place, await copy(FIRST), YESTERDAY, 'cache-sync'));
    const evening = await copy(EVENING);
    runs.evening.push(run(place, evening, TODAY, 'cache-sync'));
    runs.again.push(run(place, evening, TODAY, 'cache-sync'));
  }
  return runs;
}

function run({ redisUrl, data }: Place, url: string, session: string, phase: string): Measured {
  const script = `${ROOT}/dist/bench/docs/callback/measured-run.js`;
  const { durationMs, stdout } = runNode(script, [url, redisUrl, data.screener, session, phase]);
  return { ...(JSON.parse(stdout) as MeasuredRun), processMs: durationMs };
}

function describeRuns({ first, evening, again }: Runs, symbols: number): string[] {
  return [
    describeRow(symbols, `first publish, ${YESTERDAY}`, first),
    describeRow(symbols, `ordinary evening, ${TODAY}`, evening),
    describeRow(symbols, 'the same again, nothing new', again),
  ];
}

function describeRow(symbols: number, what: string, runs: readonly Measured[]): string {
  const figure = (pick: (run: Measured) => number, toText: (value: number) => string): string => {
    const ascending = runs.map(pick).toSorted((left, right) => left - right);
    const [low = NaN, middle = NaN, high = NaN] = [ascending[0], ascending[ascending.length >> 1], ascending.at(-1)];
    const [from, to] = [toText(low), toText(high)];
    return from === to ? from : `${toText(middle)} (${from}-${to})`;
  };
  const seconds = (ms: number): string => (ms / 1000).toFixed(2);
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  const cells = [
    symbols.toLocaleString('en-US'),
    what,
    `${figure(({ durationMs }) => durationMs, seconds)} s`,
    `${figure(({ processMs }) => processMs, seconds)} s`,
    `${figure(({ peakMemoryMb }) => peakMemoryMb, whole)} MB`,
    figure(({ statements }) => statements, whole),
    figure(({ changes }) => changes, whole),
    figure(({ events }) => events, whole),
  ];
  return `| ${cells.join(' | ')} |`;
}
