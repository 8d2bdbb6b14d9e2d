import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { systemClock } from '../src/core/clock.js';
import { silentLogger } from '../src/core/logger.js';
import { Database } from '../src/db/database.js';
import { migrate } from '../src/db/migrate.js';
import { universeUpdated } from '../src/events/catalogue/index.js';
import { draftEvent } from '../src/events/event.js';
import { appendToOutbox } from '../src/events/outbox.js';
import { connectRedis } from '../src/events/redis.js';
import { EventRelay } from '../src/events/relay.js';
import { startRedis, type TestRedis } from '../test/support/redis.js';
import { openServer } from './support/bench-server.js';
import { reportFigures, type Figure } from './support/figures.js';

/**
 * Events from the outbox to Redis, with PostgreSQL, Redis, relay, writer and subscriber on this machine.
 *
 *  1. Backlogs of 100,000 events that waited for Redis, of many runs and of one, from the start of the relay until all are marked
 *     (`relayBacklog`).
 *  2. One event per transaction, each begun when the last is committed: from commit to the subscriber (`listenToCommits`). The relay shares
 *     the event loop of the writer, as in a run.
 *
 * `npm run bench -- events [--events 100000] [--commits 3000] [--json]`; on the embedded server, or on the one of DATABASE_URL.
 */
const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    commits: { type: 'string', default: '3000' },
    json: { type: 'boolean', default: false },
  },
});
const EVENTS = Number(options.events);
const COMMITS = Number(options.commits);
const MIN_EVENTS_PER_SECOND = 10_000;
const MAX_P99_MS = 50;
const [CHANNEL] = universeUpdated.channels;

async function main(): Promise<void> {
  const server = await openServer(process.env['DATABASE_URL']);
  const redis = await startRedis();
  const database = Database.connect({ url: await server.create('bench_events'), poolSize: 6, connectTimeoutMs: 5000 });
  try {
    await migrate(database);
    const figures = [
      await relayBacklog(database, redis, 200),
      await relayBacklog(database, redis, 1),
      ...(await listenToCommits(database, redis)),
    ];
    reportFigures(`events, ${server.name}, redis-server on a unix socket`, figures, options.json);
  } finally {
    await database.close();
    await redis.stop();
    await server.close();
  }
}

async function relayBacklog(database: Database, redis: TestRedis, runs: number): Promise<Figure> {
  await empty(database);
  const perRun = Math.ceil(EVENTS / runs);
  const drafts = Array.from({ length: perRun }, () => draftEvent(universeUpdated, universeUpdated.example));
  for (let run = 0; run < runs; run += 1) await append(database, drafts);
  const startedAt = performance.now();
  await withRelay(database, redis, async (relay) => {
    if (!(await relay.drain(600_000))) throw new Error('the backlog was not delivered');
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const sent = perRun * runs;
  return {
    name: `${sent.toLocaleString('en-US')} waiting events of ${runs === 1 ? 'one run' : `${runs} runs`}`,
    value: seconds,
    unit: 's',
    bar: sent / MIN_EVENTS_PER_SECOND,
    note: `${Math.round(sent / seconds).toLocaleString('en-US')} a second`,
  };
}

async function listenToCommits(database: Database, redis: TestRedis): Promise<Figure[]> {
  await empty(database);
  const subscriber = redis.connect();
  const heardAt: number[] = [];
  const all = new Promise<void>((resolve) => {
    subscriber.on('message', () => {
      if (heardAt.push(performance.now()) === COMMITS) resolve();
    });
  });
  await subscriber.subscribe(CHANNEL);
  const committedAt: number[] = [];
  const runId = randomUUID();
  await withRelay(database, redis, async (relay) => {
    await relay.drain(600_000);
    for (let commit = 0; commit < COMMITS; commit += 1) {
      await append(database, [draftEvent(universeUpdated, universeUpdated.example)], runId);
      committedAt.push(performance.now());
      relay.wake();
    }
    await all;
  });
  const delays = heardAt.map((at, index) => at - (committedAt[index] ?? NaN)).toSorted((left, right) => left - right);
  const quantile = (share: number): number => delays[Math.ceil(delays.length * share) - 1] ?? NaN;
  const note = `${COMMITS.toLocaleString('en-US')} commits, the slowest ${quantile(1).toFixed(0)} ms`;
  return [
    { name: 'commit to subscriber, p50', value: quantile(0.5), unit: 'ms' },
    { name: 'commit to subscriber, p99', value: quantile(0.99), unit: 'ms', bar: MAX_P99_MS, note },
  ];
}

/** Finishes the work that an earlier measurement left to the server. */
async function empty(database: Database): Promise<void> {
  for (const statement of ['truncate pipeline.outbox', 'vacuum analyze pipeline.outbox', 'checkpoint']) {
    await database.pool.query(statement);
  }
}

async function append(
  database: Database,
  drafts: Parameters<typeof appendToOutbox>[2],
  runId: string = randomUUID(),
): Promise<void> {
  await database.transaction(({ client }) => appendToOutbox(client, runId, drafts, new Date(systemClock.now())));
}

async function withRelay(database: Database, redis: TestRedis, work: (relay: EventRelay) => Promise<void>) {
  const link = connectRedis(redis.url, { commandTimeoutMs: 5000 });
  const relay = new EventRelay({
    database,
    redis: link,
    clock: systemClock,
    logger: silentLogger,
    streamMaxLength: 100_000,
  });
  relay.start();
  await work(relay);
  await relay.stop();
  await link.close();
}

await main();
