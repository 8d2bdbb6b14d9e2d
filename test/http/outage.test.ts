import { expect } from 'chai';
import { startProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { createTestDatabase } from '../support/database.js';
import { createGate, startService, type TestService } from './service.js';

const READS = [
  '/api/processing/status',
  '/api/processing/history',
  '/api/processing/schedule',
  '/api/processing/cache-sync/history',
  '/api/processing/cache-sync/stats',
  '/api/processing/cache-sync/status/11111111-2222-4333-8444-555555555555',
  '/api/universes',
  '/api/universes/large_cap?limit=7',
  '/api/symbols/SAA/universes',
  '/api/runs',
  '/api/runs/11111111-2222-4333-8444-555555555555',
  '/api/runs/11111111-2222-4333-8444-555555555555/events',
  '/api/events',
];

describe('the HTTP service without its database', () => {
  const gate = createGate();
  let proxy: TcpProxy;
  let service: TestService;

  before(async () => {
    // Where the test server listens.
    const probe = await createTestDatabase();
    const { hostname, port } = new URL(probe.url);
    await probe.drop();
    proxy = await startProxy({ host: hostname, port: Number(port) || 5432 });
    service = await startService({
      answerWithinMs: 400,
      phases: (pool) => [gate.phase(pool)],
      toUrl: (databaseUrl) =>
        Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String(proxy.port) }).href,
    });
  });

  after(async () => {
    await proxy.open();
    await service.close();
    await proxy.close();
  });

  const everywhere = async () => {
    const answers = await Promise.all(READS.map((path) => service.call('GET', path)));
    return answers.map(({ status, body }) => `${status} ${String(body['code'])}`);
  };
  const unavailable = READS.map(() => '503 EOD_DB_UNAVAILABLE');

  for (const [title, breakIt] of [
    ['cannot be reached', () => proxy.cut()],
    ['does not answer', () => Promise.resolve(proxy.block())],
  ] as const) {
    it(`answers 503 while it ${title}, and as before when it is back`, async () => {
      const ok = await service.call('GET', '/api/universes');
      // Longer than an answer is shared.
      await new Promise((resolve) => setTimeout(resolve, 300));
      await breakIt();
      const broken = await everywhere();
      const trigger = await service.call('POST', '/api/processing/cache-sync/trigger', { body: {} });
      const cancel = await service.call('DELETE', '/api/processing/cancel');
      const health = await service.call('GET', '/health', { key: null });
      const metrics = await service.call('GET', '/metrics');
      await proxy.open();
      await untilHealthy(service);
      const again = await service.call('GET', '/api/universes');

      expect(ok.status).to.equal(200);
      expect(broken).to.deep.equal(unavailable);
      expect([trigger.status, cancel.status]).to.deep.equal([503, 503]);
      expect(trigger.body['hint']).to.include('/health');
      expect(trigger.headers).to.have.property('retry-after');
      expect(health.status).to.equal(503);
      expect(health.body).to.include({ status: 'unhealthy', success: false, code: 'EOD_DB_UNAVAILABLE' });
      expect(health.body['services']).to.deep.equal({ database: 'down', redis: 'disabled', api: 'up' });
      expect(metrics.text)
        .to.match(/^tickstock_database_up 0$/m)
        .and.not.match(/^tickstock_open_holds/m);
      expect(again.text).to.equal(ok.text);
    });
  }

  it('does not disclose the message of the driver', async () => {
    await proxy.cut();
    const { text } = await service.call('GET', '/api/runs');
    await proxy.open();
    await untilHealthy(service);

    expect(text).not.to.match(/ECONN|127\.0\.0\.1|password|DATABASE_URL/);
  });

  it('cancels a run whose caller has got a time-out', async () => {
    proxy.block();
    const { status } = await service.call('POST', '/api/processing/trigger-manual', { body: {} });
    await proxy.open();
    await untilHealthy(service);
    await untilUnlocked(service);

    const { rows } = await service.test.database.pool.query<{ status: string }>('select status from pipeline.run');
    expect(status).to.equal(503);
    expect(rows.filter((row) => row.status !== 'cancelled')).to.deep.equal([]);
  });

  it('reports the progress of its own run from memory', async () => {
    const { body } = await service.call('POST', '/api/processing/trigger-manual', { body: {} });
    await gate.isEntered;
    proxy.block();
    const status = await service.call('GET', '/api/processing/status');
    const health = await service.call('GET', '/health', { key: null });
    const cancel = await service.call('DELETE', '/api/processing/cancel');
    await proxy.open();
    await service.idle();

    expect(status.status).to.equal(200);
    expect(status.body).to.include({ is_running: true, run_id: body['run_id'], current_phase: 'gate' });
    expect(health.body).to.include({ status: 'unhealthy', processing_status: 'running' });
    expect(cancel.status).to.equal(200);
  });
});

async function untilHealthy(service: TestService): Promise<void> {
  while ((await service.call('GET', '/health', { key: null })).status !== 200) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Statements sent while the database was blocked still run to their end. */
async function untilUnlocked(service: TestService): Promise<void> {
  for (let quiet = 0; quiet < 5; quiet += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const { rows } = await service.test.database.pool.query('select from pipeline.lease');
    if (rows.length > 0) quiet = 0;
  }
}
