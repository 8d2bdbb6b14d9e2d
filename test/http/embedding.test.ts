import { fastify } from 'fastify';
import { expect } from 'chai';
import { createLogger, tickstockRoutes } from '../../src/http/index.js';
import { KEY, send, startService, type TestService } from './service.js';

describe("the routes in a host's server", () => {
  let service: TestService;

  before(async () => {
    service = await startService({ listening: false });
    await service.runOnce();
  });

  after(() => service.close());

  it('are served under a prefix with their own checks, and do not affect the rest of the host', async () => {
    const host = fastify();
    host.get('/hello', (request) => ({ said: (request.query as { say?: string }).say ?? 'nothing' }));
    host.get('/broken', () => {
      throw new Error('of the host');
    });
    await host.register(tickstockRoutes, { pipeline: service.pipeline, prefix: '/eod' });
    const address = await host.listen({ port: 0, host: '127.0.0.1' });
    try {
      const own = await send(`${address}/hello?say=hi`, 'GET', { key: null });
      const broken = await send(`${address}/broken`, 'GET', { key: null });
      const without = await send(`${address}/eod/api/processing/status`, 'GET', { key: null });
      const status = await send(`${address}/eod/api/processing/status`, 'GET');
      const health = await send(`${address}/eod/health`, 'GET', { key: null });
      const universe = await send(`${address}/eod/api/universes/large_cap?limit=1`, 'GET');
      const docs = await send(`${address}/eod/docs/json`, 'GET');

      expect(own.body).to.deep.equal({ said: 'hi' });
      expect(broken.body).to.include({ statusCode: 500, message: 'of the host' });
      expect(without.body).to.include({ success: false, code: 'EOD_UNAUTHORIZED' });
      expect(status.body).to.include({ is_running: false });
      expect(health.body).to.include({ status: 'healthy' });
      expect(universe.body).to.include({ universe: 'large_cap' });
      expect(Object.keys(docs.body['paths'] as object)).to.include('/eod/api/processing/status');
    } finally {
      await host.close();
    }
  });
});

describe('the description of the API', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
  });

  after(() => service.close());

  it('has every route of the contract with its errors', async () => {
    const { body } = await service.call('GET', '/docs/json');

    const paths = body['paths'] as Record<string, Record<string, { responses: object; security?: unknown[] }>>;
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes).to.have.members([
      'GET /health',
      'POST /api/processing/trigger-manual',
      'GET /api/processing/status',
      'GET /api/processing/history',
      'DELETE /api/processing/cancel',
      'GET /api/processing/schedule',
      'POST /api/processing/schedule',
      'GET /api/calendar',
      'POST /api/calendar',
      'DELETE /api/calendar/{date}',
      'GET /api/sessions',
      'POST /api/processing/trigger-import',
      'POST /api/processing/retry-imports',
      'POST /api/processing/trigger-indicators',
      'POST /api/processing/cache-sync/trigger',
      'GET /api/processing/cache-sync/status/{job_id}',
      'GET /api/processing/cache-sync/history',
      'GET /api/processing/cache-sync/stats',
      'GET /api/universes',
      'GET /api/universes/{key}',
      'GET /api/universes/{key}/diff',
      'GET /api/universes/{key}/why/{symbol}',
      'GET /api/holds',
      'GET /api/holds/{id}',
      'POST /api/holds/{id}/approve',
      'POST /api/holds/{id}/reject',
      'GET /api/exceptions',
      'POST /api/exceptions/{id}/approve',
      'POST /api/exceptions/{id}/reject',
      'GET /api/securities/{ticker}',
      'GET /api/symbols/{symbol}/universes',
      'GET /api/runs',
      'GET /api/runs/{id}',
      'GET /api/runs/{id}/events',
      'GET /api/events',
      'GET /metrics',
    ]);
    for (const [path, methods] of Object.entries(paths)) {
      for (const { responses } of Object.values(methods)) expect(responses, path).to.include.keys('4XX', '5XX');
    }
    expect(paths['/health']?.['get']?.security).to.deep.equal([]);
  });

  it('is a page for a browser, which has no key, with its files, under the prefix of a host too', async () => {
    const host = fastify();
    await host.register(tickstockRoutes, { pipeline: service.pipeline, prefix: '/eod' });
    const address = await host.listen({ port: 0, host: '127.0.0.1' });
    try {
      // As a browser does: redirects are followed, and files are named relative to the page.
      const page = await fetch(`${address}/eod/docs`);
      const html = await page.text();
      const files = [...html.matchAll(/(?:src|href)="(\.[^"]+)"/g)].map(
        ([, file = '']) => new URL(file, page.url).href,
      );
      const answers = await Promise.all(files.map((file) => fetch(file)));
      const described = await fetch(new URL('./json', page.url));
      const metrics = await fetch(`${address}/eod/metrics`);
      // A connection whose answer is not read stays busy, and the server waits for it for more than a minute.
      await Promise.all([...answers, metrics].map((answer) => answer.arrayBuffer()));

      expect(page.url).to.equal(`${address}/eod/docs/`);
      expect(files.length).to.be.at.least(4);
      expect(answers.map(({ status }) => status)).to.deep.equal(files.map(() => 200));
      expect(Object.keys(((await described.json()) as { paths: object }).paths)).to.include('/eod/health');
      expect(metrics.status).to.equal(401);
    } finally {
      await host.close();
    }
  });

  it('is a page that loads files of this server only', async () => {
    const page = await service.call('GET', '/docs/');
    const script = await service.call('GET', '/docs/static/swagger-ui-bundle.js');

    expect(page.status).to.equal(200);
    expect(page.headers['content-type']).to.include('text/html');
    expect(page.text).not.to.match(/(src|href)="https?:/);
    expect(page.headers['content-security-policy']).to.include("default-src 'self'");
    expect(script.status).to.equal(200);
  });
});

describe("the service's log", () => {
  it('has neither keys nor passwords, in any field', () => {
    const lines: string[] = [];
    const logger = createLogger({ write: (line) => void lines.push(line) });

    logger.info({ headers: { 'x-api-key': KEY, authorization: `Bearer ${KEY}` } }, 'a request');
    logger.error(
      { err: new Error('cannot reach postgres://someone:hunter2@db:5432/x') },
      'redis://:hunter2@cache:6379',
    );

    const text = lines.join('');
    expect(lines.map((line) => JSON.parse(line) as { level: string }).map(({ level }) => level)).to.deep.equal([
      'info',
      'error',
    ]);
    expect(text).not.to.include(KEY).and.not.include('hunter2');
    expect(text).to.include('postgres://someone:***@db:5432/x').and.include('redis://:***@cache:6379');
  });

  it('names the run and its caller on every line about a run', async () => {
    const lines: string[] = [];
    const service = await startService({ logger: createLogger({ write: (line) => void lines.push(line) }) });
    try {
      const { body } = await service.call('POST', '/api/processing/trigger-manual', { body: {} });
      await service.idle();

      const logged = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const ofRun = logged.filter(({ run_id: id }) => id === body['run_id']);
      expect(ofRun.map(({ msg }) => msg)).to.include('the run ended: completed');
      expect(ofRun[0]).to.include({ session: '2026-06-30' });
      expect(ofRun[0]?.['triggered_by']).to.match(/^http key [0-9a-f]{8}$/);
      expect(lines.join('')).not.to.include(KEY);
    } finally {
      await service.close();
    }
  });
});
