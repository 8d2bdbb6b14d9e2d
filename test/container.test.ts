import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Redis } from 'ioredis';
import pg from 'pg';
import { container as rootContainer } from 'tsyringe';
import { createPipeline, registerTickstock } from '../src/container.js';
import type { Clock } from '../src/core/clock.js';
import { TOKENS } from '../src/tokens.js';
import { hostPhase } from './orchestrator/host-phase.js';
import type { TestDatabase } from './support/database.js';
import { MONDAY, TUESDAY } from './support/market.js';
import type { TestRedis } from './support/redis.js';
import { runProcess, TSX } from './support/run-process.js';
import { countListeners, errorOf, POOL_EVENTS, PROCESS_EVENTS, REDIS_EVENTS, useHost } from './container-fixture.js';

describe('a pipeline in a host', () => {
  const { open, opened, ...host } = useHost();
  let test: TestDatabase;
  let pool: pg.Pool;
  let client: Redis;
  let redis: TestRedis;

  beforeEach(() => {
    test = host.test();
    pool = host.pool();
    client = host.client();
    redis = host.redis();
  });

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
