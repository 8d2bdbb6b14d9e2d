import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import pg from 'pg';
import { container as rootContainer, inject, injectable, type DependencyContainer } from 'tsyringe';
import { createPipeline, registerTickstock, type PipelineOptions } from '../src/container.js';
import type { Clock } from '../src/core/clock.js';
import type { PipelineError } from '../src/core/errors.js';
import type { Phase, PhaseReport } from '../src/core/phase.js';
import type { Database } from '../src/db/database.js';
import type { Pipeline } from '../src/orchestrator/pipeline.js';
import { TOKENS } from '../src/tokens.js';
import { hostPhase, readWork } from './orchestrator/host-phase.js';
import { createTestDatabase, type TestDatabase } from './support/database.js';
import { MONDAY, TUESDAY, writeListings } from './support/market.js';
import { skipWithoutRedis, startRedis, type TestRedis } from './support/redis.js';
import { runProcess, TSX } from './support/run-process.js';

const PROCESS_EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit', 'beforeExit', 'uncaughtException', 'unhandledRejection'];
const REDIS_EVENTS = ['ready', 'error', 'close', 'end', 'connect', 'reconnecting', 'message'];
const POOL_EVENTS = ['error', 'connect', 'acquire', 'remove', 'release'];

describe('a pipeline in a host', () => {
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

  describe('leaves no trace:', () => {
    it('the pool and the client work on after it has closed, with the listeners they had', async () => {
      await client.ping();
      const before = [countListeners(pool, POOL_EVENTS), countListeners(client, REDIS_EVENTS)];
      const pipeline = await open({ redis: client });
      await pipeline.run({ session: MONDAY });

      await pipeline.close();

      expect([countListeners(pool, POOL_EVENTS), countListeners(client, REDIS_EVENTS)]).to.deep.equal(before);
      expect((await pool.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
      expect(await client.ping()).to.equal('PONG');
      expect(await client.xlen('tickstock:events')).to.be.above(0);
    });

    it('connections go back to the pool as they were taken', async () => {
      // As many as the pool holds: whichever the pipeline has used is among them.
      const listenersOf = async (): Promise<number[]> => {
        const clients = await Promise.all(Array.from({ length: 5 }, () => pool.connect()));
        const counts = clients.map((each) => each.listenerCount('error') + each.listenerCount('notice'));
        for (const each of clients) each.release();
        return counts;
      };
      const before = await listenersOf();
      const pipeline = await open({ redis: client });
      await pipeline.run({ session: MONDAY });

      await pipeline.close();

      expect(pool).to.include({ totalCount: pool.idleCount, waitingCount: 0 });
      expect(await listenersOf()).to.deep.equal(before);
    });

    it('the process has the listeners it had, also while the service works', async () => {
      const before = countListeners(process, PROCESS_EVENTS);
      const pipeline = await open({ redis: client });

      pipeline.service.start();
      await pipeline.run({ session: MONDAY });

      expect(countListeners(process, PROCESS_EVENTS)).to.deep.equal(before);
    });

    it('a process that has closed it ends, also with a service, a pool and a Redis connection that were its own', async () => {
      const script = fileURLToPath(new URL('embedding-process.ts', import.meta.url));

      const { exitCode, stdout, stderr } = await runProcess(process.execPath, ['--import', TSX, script, MONDAY], {
        environment: { DATABASE_URL: test.url, REDIS_URL: redis.url },
      });

      expect({ exitCode, stdout }, stderr).to.deep.equal({ exitCode: 0, stdout: 'completed' });
    });

    it('a phase that is refused leaves nothing behind', async () => {
      await client.ping();
      const before = countListeners(client, REDIS_EVENTS);

      await errorOf(createPipeline({ database: pool, redis: client, phases: [hostPhase(test.database, 'import')] }));

      expect(countListeners(client, REDIS_EVENTS)).to.deep.equal(before);
      expect((await pool.query('select 1 as one')).rows).to.deep.equal([{ one: 1 }]);
    });
  });

  describe('beside another', () => {
    it('has phases, progress and runs of its own', async () => {
      const other = await createTestDatabase();
      const otherPool = new pg.Pool({ connectionString: other.url }).on('error', () => undefined);
      try {
        const first = await open({ phases: [hostPhase(test.database, 'firsts', { ordinal: 4 })] });
        const second = await open({ database: otherPool });
        const heard: string[] = [];
        second.tracker.subscribe((event) => void heard.push(event.type));

        await first.run({ session: MONDAY });

        const ofSecond = second.phases.map(({ id }) => id);
        expect(ofSecond).to.include.members(['import', 'cache-sync', 'indicators']).and.not.include('firsts');
        expect(first.phases.map(({ id }) => id)).to.have.members([...ofSecond, 'firsts']);
        expect(heard).to.deep.equal([]);
        expect(second.tracker.snapshot()).to.equal(null);
        expect(
          [await first.history.runs({ limit: 5 }), await second.history.runs({ limit: 5 })].map(({ total }) => total),
        ).to.deep.equal([1, 0]);
      } finally {
        for (const pipeline of opened.splice(0)) await pipeline.close();
        await otherPool.end();
        await other.drop();
      }
    });

    it('on the same database waits for no turn: it is told who runs, and its listeners hear nothing of it', async () => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const slow = hostPhase(test.database, 'slow', { ordinal: 4, work: () => held });
      const first = await open({ phases: [slow] });
      const heard: string[] = [];
      const second = await open({ listeners: [(event) => void heard.push(event.type)] });
      const started = await first.start({ session: MONDAY, phases: ['slow'] });

      const refusal = await errorOf(second.start({ session: MONDAY }));
      release();
      await started.finished;

      expect(refusal).to.include({ code: 'EOD_RUN_LOCKED' });
      expect(refusal?.message).to.include(started.runId);
      expect([first.tracker.snapshot()?.runId, second.tracker.snapshot()]).to.deep.equal([started.runId, null]);
      expect(heard).to.deep.equal([]);
    });
  });

  describe('with phases of the host', () => {
    it("builds a class with the host's dependencies and its own", async () => {
      const hosts = rootContainer.createChildContainer();
      hosts.registerInstance(LABEL, 'from the host');
      const pipeline = await open({ container: hosts, phases: [Labelling] });

      await pipeline.run({ session: MONDAY });

      expect(await readWork(test.database)).to.deep.equal([`${MONDAY} from the host`]);
    });

    it("builds its own phases where the host's container is of another copy of tsyringe", async () => {
      const hosts = anotherTsyringe().createChildContainer();
      const phase = hostPhase(test.database, 'patterns', { ordinal: 4 });
      hosts.register('patterns', { useFactory: () => phase });

      const pipeline = await open({ container: hosts, phases: ['patterns'] });

      expect((await pipeline.run({ session: MONDAY })).status).to.equal('completed');
      expect(await readWork(test.database)).to.deep.equal([`${MONDAY} patterns`]);
    });

    it('refuses a class whose dependencies nobody has, and names both', async () => {
      const refusal = await errorOf(createPipeline({ database: pool, phases: [Labelling] }));

      expect(refusal).to.include({ code: 'EOD_CONFIG_INVALID' });
      expect(refusal?.message).to.include('Labelling').and.to.include('Label');
    });

    const clashes = {
      'the id of a shipped one': { id: 'import', options: { ordinal: 7 }, message: 'share an id or an ordinal' },
      'the ordinal of a shipped one': { id: 'own', options: { ordinal: 2.5 }, message: 'share an id or an ordinal' },
      'an ordinal that is no number': { id: 'own', options: { ordinal: NaN }, message: 'has the ordinal NaN' },
      'a need that nobody meets': { id: 'own', options: { ordinal: 4, needs: ['nobody'] }, message: 'needs "nobody"' },
      'a need that runs after it': { id: 'own', options: { ordinal: 1, needs: ['import'] }, message: 'needs "import"' },
    };
    for (const [what, { id, options, message }] of Object.entries(clashes)) {
      it(`refuses one with ${what}`, async () => {
        const refusal = await errorOf(
          createPipeline({ database: pool, phases: [hostPhase(test.database, id, options)] }),
        );

        expect(refusal).to.include({ code: 'EOD_CONFIG_INVALID' });
        expect(refusal?.message).to.include(message).and.to.include(`"${id}"`);
      });
    }
  });

  it('refuses a pool that a run would wait for itself in', async () => {
    const small = new pg.Pool({ connectionString: test.url, max: 2 });

    const refusal = await errorOf(createPipeline({ database: small }));
    await small.end();

    expect(refusal).to.include({ code: 'EOD_CONFIG_INVALID' });
    expect(refusal?.message).to.include('has max 2');
  });

  it("takes the time from the host's clock", async () => {
    // 21:00 UTC is 17:00 in New York in summer: Monday's session has just closed, Tuesday's has not.
    const clock: Clock = { now: () => Date.parse('2026-06-22T21:00:00Z') };
    const pipeline = await open({ clock });

    const { session, runId } = await pipeline.run();

    expect(session).to.equal(MONDAY);
    expect(await pipeline.history.run(runId)).to.include({
      startedAt: '2026-06-22T21:00:00.000Z',
      finishedAt: '2026-06-22T21:00:00.000Z',
      durationMs: 0,
    });
    expect(await errorOf(pipeline.run({ session: TUESDAY }))).to.include({ code: 'EOD_SESSION_FUTURE' });
  });

  it("says through the host's logger what no caller hears of", async () => {
    const lines: string[] = [];
    const note = (level: string) => (fields: object, message: string) => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    };
    const logger = { info: note('info'), warn: note('warn'), error: note('error') };
    const nobody = redis.url.replace('redis.sock', 'nobody.sock');
    const pipeline = await open({ logger, config: { options: { redis: { url: nobody } } } });

    await pipeline.run({ session: MONDAY });
    await pipeline.close();

    expect(lines.join('\n')).to.include('warn Redis is away');
  });

  it('is all that registerTickstock puts into a container', async () => {
    const hosts = rootContainer.createChildContainer();

    const pipeline = await registerTickstock(hosts, { database: pool });
    opened.push(pipeline);

    expect(hosts.resolve(TOKENS.pipeline)).to.equal(pipeline);
    const { pipeline: _, ...others } = TOKENS;
    const registered = Object.entries(others).filter(([, token]) => hosts.isRegistered<unknown>(token, true));
    expect(registered).to.deep.equal([]);
    expect(rootContainer.isRegistered(TOKENS.pipeline)).to.equal(false);
  });
});

const LABEL = 'Label';

/** A host's phase that needs something of the host and something of the pipeline. */
@injectable()
class Labelling implements Phase {
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
function anotherTsyringe(): DependencyContainer {
  const require = createRequire(import.meta.url);
  const path = require.resolve('tsyringe');
  const loaded = Object.entries(require.cache).filter(([name]) => name.includes('/node_modules/tsyringe/'));
  for (const [name] of loaded) delete require.cache[name];
  const { container } = require(path) as { container: DependencyContainer };
  for (const [name, module] of loaded) require.cache[name] = module;
  return container;
}

function countListeners(
  emitter: { listenerCount(event: string): number },
  events: readonly string[],
): Record<string, number> {
  return Object.fromEntries(events.map((event) => [event, emitter.listenerCount(event)]));
}

async function errorOf(work: Promise<unknown>): Promise<PipelineError | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => error as PipelineError,
  );
}
