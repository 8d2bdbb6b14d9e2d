import { expect } from 'chai';
import { KEY, startService, type TestService } from '../service.js';

const OTHER_KEY = 'other-key-fedcba9876543210';
const ROUTES = ['/api/processing/status', '/api/universes', '/metrics', '/no/such/route'];

describe('access to the HTTP service', () => {
  let service: TestService;

  before(async () => {
    service = await startService({ http: { apiKeys: [KEY, OTHER_KEY] } });
  });

  after(() => service.close());

  for (const path of ROUTES) {
    it(`needs a key for ${path}`, async () => {
      const without = await service.call('GET', path, { key: null });
      const wrong = await service.call('GET', path, { key: `${KEY}x` });
      const right = await service.call('GET', path);

      expect(without.status).to.equal(401);
      expect(without.body).to.include({ success: false, code: 'EOD_UNAUTHORIZED' });
      expect(without.body['hint']).to.include('X-API-Key');
      expect(wrong.status).to.equal(401);
      expect(wrong.text).not.to.include(KEY);
      expect(right.status).to.not.equal(401);
    });
  }

  for (const path of ['/health', '/docs/', '/docs/json', '/docs/static/swagger-ui-bundle.js']) {
    it(`needs none for ${path}`, async () => {
      expect((await service.call('GET', path, { key: null })).status).to.equal(200);
    });
  }

  it('accepts every configured key, so that keys can be rotated', async () => {
    const first = await service.call('GET', '/api/processing/status', { key: KEY });
    const second = await service.call('GET', '/api/processing/status', { key: OTHER_KEY });

    expect([first.status, second.status]).to.deep.equal([200, 200]);
  });

  it('accepts a key as a bearer token, and refuses a wrong one', async () => {
    const ask = async (authorization: string): Promise<number> => {
      const options = { key: null, headers: { authorization } };
      return (await service.call('GET', '/metrics', options)).status;
    };

    expect(await ask(`Bearer ${KEY}`)).to.equal(200);
    expect(await ask(`bearer ${OTHER_KEY}`)).to.equal(200);
    expect(await ask('Bearer wrong')).to.equal(401);
    expect(await ask(`Basic ${KEY}`)).to.equal(401);
  });

  it('refuses a request from loopback without a key', async () => {
    expect((await service.call('GET', '/api/processing/status', { key: null })).status).to.equal(401);
  });

  it('sends security headers and does not disclose its software', async () => {
    const { headers } = await service.call('GET', '/api/processing/status');

    expect(headers).to.include({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(headers['content-security-policy']).to.include("default-src 'none'");
    expect(headers).not.to.have.any.keys('server', 'x-powered-by', 'access-control-allow-origin');
  });
});

describe('a service that trusts loopback', () => {
  let service: TestService;
  let port: string;

  before(async () => {
    service = await startService({ http: { trustLoopback: true, corsOrigins: ['https://app.example.com'] } });
    ({ port } = new URL(service.address));
  });

  after(() => service.close());

  const status = async (headers: Record<string, string>, key: string | null = null) =>
    (await service.call('GET', '/api/processing/status', { key, headers })).status;

  it('accepts programs on this machine, by every local name', async () => {
    const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST`, `[::1]:${port}`, '127.0.0.2'];

    const answers = await Promise.all(hosts.map((host) => status({ host })));

    expect(answers).to.deep.equal(hosts.map(() => 200));
  });

  const foreign: Record<string, Record<string, string>> = {
    'a foreign Host, as a page with a name that resolves to loopback sends': { host: 'evil.example.com' },
    'a Host that only begins like loopback': { host: '127.0.0.1.evil.example.com' },
    'a foreign Origin': { origin: 'https://evil.example.com' },
    'the Origin of a sandboxed page': { origin: 'null' },
    'the Origin of another port': { origin: 'http://127.0.0.1:1' },
    'a page of another site without an Origin': { 'sec-fetch-site': 'cross-site' },
    'a page of another port without an Origin': { 'sec-fetch-site': 'same-site' },
    'X-Real-IP: it came through a proxy': { 'x-real-ip': '192.0.2.7' },
    'Via: it came through a proxy': { via: '1.1 proxy' },
    'X-Forwarded-Proto: it came through a proxy': { 'x-forwarded-proto': 'https' },
    'X-Forwarded-For: it came through a proxy': { 'x-forwarded-for': '127.0.0.1' },
    'Forwarded: it came through a proxy': { forwarded: 'for=127.0.0.1' },
  };

  for (const [title, headers] of Object.entries(foreign)) {
    it(`refuses ${title}`, async () => {
      expect(await status(headers)).to.equal(401);
      expect(await status(headers, KEY)).to.equal(200);
    });
  }

  it('accepts its own pages and configured origins', async () => {
    expect(await status({ origin: service.address })).to.equal(200);
    expect(await status({ origin: 'https://app.example.com' })).to.equal(200);
  });

  it('accepts a typed address, and what that page loads', async () => {
    expect(await status({ 'sec-fetch-site': 'none' })).to.equal(200);
    expect(await status({ 'sec-fetch-site': 'same-origin' })).to.equal(200);
  });

  it('refuses a wrong key, also from loopback', async () => {
    expect(await status({}, 'wrong-key-0123456789')).to.equal(401);
  });

  it('records the caller in the audit', async () => {
    await service.runOnce();
    const { body } = await service.call('POST', '/api/processing/cache-sync/trigger', { key: null, body: {} });
    await service.idle();

    const run = await service.pipeline.history.run(String(body['job_id']));
    expect(run.triggeredBy).to.equal('http loopback');
  });

  it('answers a preflight of a configured origin only', async () => {
    const preflight = (origin: string) =>
      service.call('OPTIONS', '/api/processing/cancel', {
        key: null,
        headers: { origin, 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'x-api-key' },
      });

    const known = await preflight('https://app.example.com');
    const unknown = await preflight('https://evil.example.com');

    expect(known.status).to.equal(204);
    expect(known.headers).to.include({ 'access-control-allow-origin': 'https://app.example.com' });
    expect(known.headers['access-control-allow-headers']).to.match(/x-api-key/i);
    expect(unknown.headers).not.to.have.property('access-control-allow-origin');
  });

  it('answers an OPTIONS request that is not a preflight without a body', async () => {
    const { status: code, text } = await service.call('OPTIONS', '/api/processing/cancel', { key: null });

    expect(code).to.equal(204);
    expect(text).to.equal('');
  });
});
