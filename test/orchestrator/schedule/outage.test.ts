import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../../src/container.js';
import type { Pipeline } from '../../../src/orchestrator/pipeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY, writeListings } from '../../support/market.js';
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.js';
import { MARKET } from '../holds-fixture.js';

const MINUTE_MS = 60_000;
/** A minute of the schedule takes this long here, so that an outage of half an hour takes a second. */
const TICK_MS = 40;

describe('a service whose database is away around the trigger time', () => {
  let test: TestDatabase;
  let proxy: TcpProxy;
  let pools: pg.Pool[];
  let services: Pipeline[];
  let since = 0;
  let startMs = 0;

  /** Just before each minute; the scheduler waits until the next one. */
  const clock = {
    now: (): number => startMs + Math.floor((performance.now() - since) / TICK_MS) * MINUTE_MS + MINUTE_MS - TICK_MS,
  };
  const until = (time: string): Promise<void> =>
    delay(Math.max(0, ((Date.parse(`${TUESDAY}T${time}:00Z`) - clock.now()) / MINUTE_MS) * TICK_MS));

  beforeEach(async () => {
    test = await createTestDatabase();
    const { hostname, port } = new URL(test.url);
    proxy = await startProxy({ host: hostname, port: Number(port || 5432) });
    const throughProxy = Object.assign(new URL(test.url), { hostname: '127.0.0.1', port: String(proxy.port) }).href;
    startMs = Date.parse(`${TUESDAY}T19:30:00Z`);
    since = performance.now();
    await writeListings(test.database, MONDAY, MARKET);
    pools = [0, 1].map(() => new pg.Pool({ connectionString: throughProxy, max: 6, connectionTimeoutMillis: 500 }));
    for (const pool of pools) pool.on('error', () => undefined);
    const schedule = { enabled: true, triggerTime: '16:10' };
    const config = { options: { schedule, run: { retrySeconds: 0 } } };
    services = await Promise.all(pools.map((database) => createPipeline({ database, clock, config })));
    await services[0]?.run({ session: MONDAY });
    await writeListings(test.database, TUESDAY, MARKET);
    startMs = Date.parse(`${TUESDAY}T19:30:00Z`);
    since = performance.now();
  });

  afterEach(async () => {
    await proxy.open();
    await Promise.all(services.map((service) => service.close()));
    await Promise.all(pools.map((pool) => pool.end()));
    await proxy.close();
    await test.drop();
  });

  for (const [title, from, to] of [
    ['before it until half an hour after it', '20:05', '20:40'],
    ['from the minute itself', '20:10', '20:20'],
  ] as const) {
    it(`runs the session once, from two services: ${title}`, async () => {
      for (const { service } of services) service.start();
      await until(from);
      await proxy.cut();
      await until(to);
      await proxy.open();
      const runs = async () =>
        (await test.database.pool.query(`select trigger, status from pipeline.run where session = $1`, [TUESDAY])).rows;
      const deadline = performance.now() + 20_000;
      while (performance.now() < deadline) {
        const found = await runs();
        if (found.some(({ status }) => String(status).startsWith('completed'))) break;
        await delay(50);
      }
      await delay(20 * TICK_MS);

      const completed = (await runs()).filter(({ status }) => status === 'completed');
      expect(completed).to.deep.equal([{ trigger: 'automatic', status: 'completed' }]);
      const { rows } = await test.database.pool.query(`select state from pipeline.slot where session = $1`, [TUESDAY]);
      expect(rows).to.deep.equal([{ state: 'completed' }]);
    });
  }
});
