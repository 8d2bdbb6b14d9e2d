import { createRequire } from 'node:module';
import type { Redis } from 'ioredis';
import pg from 'pg';
import { inject, injectable, type DependencyContainer } from 'tsyringe';
import { createPipeline, type PipelineOptions } from '../src/container.js';
import type { PipelineError } from '../src/core/errors.js';
import type { Phase, PhaseReport } from '../src/core/phase.js';
import type { Database } from '../src/db/database.js';
import type { Pipeline } from '../src/orchestrator/pipeline.js';
import { TOKENS } from '../src/tokens.js';
import { hostPhase } from './orchestrator/host-phase.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { MONDAY, TUESDAY, writeListings } from './support/market.js';
import { skipWithoutRedis, startRedis, type TestRedis } from './support/redis.js';

export const PROCESS_EVENTS = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'exit',
  'beforeExit',
  'uncaughtException',
  'unhandledRejection',
];
export const REDIS_EVENTS = ['ready', 'error', 'close', 'end', 'connect', 'reconnecting', 'message'];
export const POOL_EVENTS = ['error', 'connect', 'acquire', 'remove', 'release'];

/** A database with two sessions imported, and the pool and the Redis client of a host. */
export function useHost() {
  let redis: TestRedis;
  let test: TestDatabase;
  let pool: pg.Pool;
  let client: Redis;
  const opened: Pipeline[] = [];
  const open = async (options: PipelineOptions = {}): Promise<Pipeline> => {
    const pipeline = await createPipeline({ database: pool, ...options });
    opened.push(pipeline);
    return pipeline;
  };

  before(function () {
    skipWithoutRedis(this);
  });

  before(async () => {
    redis = await startRedis();
  });

  beforeEach(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 5 });
    // A pool counts as ended before its connections have gone; the database is dropped right after.
    pool.on('error', () => undefined);
    client = redis.connect();
    for (const session of [MONDAY, TUESDAY]) {
      await writeListings(test.database, session, [{ symbol: 'AAPL', shares: 15e9, close: 200 }]);
    }
  });

  afterEach(async () => {
    for (const pipeline of opened.splice(0)) await pipeline.close();
    await pool.end();
    client.disconnect();
    await test.drop();
  });

  after(() => redis?.stop());

  return { open, opened, redis: () => redis, test: () => test, pool: () => pool, client: () => client };
}

export const LABEL = 'Label';

/** A host's phase that needs something of the host and something of the pipeline. */
@injectable()
export class Labelling implements Phase {
  readonly id = 'labelling';
  readonly ordinal = 4;
  readonly title = 'Labelling';
  readonly needs = ['import'];
  readonly run: (context: Parameters<Phase['run']>[0]) => Promise<PhaseReport>;

  constructor(@inject(LABEL) label: string, @inject(TOKENS.database) database: Database) {
    this.run = (context) => hostPhase(database, label).run(context);
  }
}

/** Loaded once more, as it is for a host that has a version of its own. */
export function anotherTsyringe(): DependencyContainer {
  const require = createRequire(import.meta.url);
  const path = require.resolve('tsyringe');
  const loaded = Object.entries(require.cache).filter(([name]) => name.includes('/node_modules/tsyringe/'));
  for (const [name] of loaded) delete require.cache[name];
  const { container } = require(path) as { container: DependencyContainer };
  for (const [name, module] of loaded) require.cache[name] = module;
  return container;
}

export function countListeners(
  emitter: { listenerCount(event: string): number },
  events: readonly string[],
): Record<string, number> {
  return Object.fromEntries(events.map((event) => [event, emitter.listenerCount(event)]));
}

export async function errorOf(work: Promise<unknown>): Promise<PipelineError | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => error as PipelineError,
  );
}
