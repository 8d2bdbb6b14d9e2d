import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { assertProtected, createLogger } from '../../../src/http/index.js';
import { loadKeys } from '../../../src/http/access/key-ring.js';
import { loadConfig, PipelineError, silentLogger, type Config } from '../../../src/index.js';
import { KEY, startService, type ServiceOptions, type TestService } from '../service.js';

const OTHER_KEY = 'other-key-fedcba9876543210';
const ROUTES = ['/api/processing/status', '/api/universes', '/metrics', '/docs/json', '/no/such/route'];

async function withService(http: ServiceOptions['http'], work: (service: TestService) => Promise<void>): Promise<void> {
  const service = await startService({ ...(http && { http }) });
  try {
    await work(service);
  } finally {
    await service.close();
  }
}

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

  it('needs none for /health', async () => {
    expect((await service.call('GET', '/health', { key: null })).status).to.equal(200);
  });

  it('accepts every configured key, so that keys can be rotated', async () => {
    const first = await service.call('GET', '/api/processing/status', { key: KEY });
    const second = await service.call('GET', '/api/processing/status', { key: OTHER_KEY });

    expect([first.status, second.status]).to.deep.equal([200, 200]);
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

describe('a service without keys', () => {
  it('refuses every request but /health, and names the setting', () =>
    withService({ apiKeys: [] }, async (service) => {
      const status = await service.call('GET', '/api/processing/status', { key: null });
      const withKey = await service.call('GET', '/api/processing/status');
      const health = await service.call('GET', '/health', { key: null });

      expect([status.status, withKey.status, health.status]).to.deep.equal([401, 401, 200]);
      expect(status.body['hint']).to.include('TICKSTOCKPL_API_KEY').and.include('TICKSTOCK_HTTP_TRUST_LOOPBACK');
    }));

  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'db.internal']) {
    it(`refuses to listen on ${host}`, () => {
      const { config } = loadConfig({ options: { http: { host } } });

      expect(() => assertProtected(config.http))
        .to.throw(PipelineError, host)
        .with.property('code', 'EOD_CONFIG_INVALID');
    });
  }

  it('may listen on loopback, and on every address when there is a key', () => {
    const check = (options: Partial<Config['http']>) =>
      assertProtected(loadConfig({ options: { http: options } }).config.http).isClosed;

    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map((host) => check({ host }))).to.deep.equal([
      true,
      true,
      true,
      true,
    ]);
    expect(check({ trustLoopback: true })).to.equal(false);
    expect(check({ host: '0.0.0.0', apiKeys: [KEY] })).to.equal(false);
  });
});

describe('the key file', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tickstock-keys-'));
  });

  after(() => rm(folder, { recursive: true, force: true }));

  const load = async (text: string, mode = 0o600) => {
    const file = join(folder, 'keys');
    const warnings: string[] = [];
    await writeFile(file, text);
    await chmod(file, mode);
    const { config } = loadConfig({ options: { http: { apiKeyFile: file } } });
    const keys = loadKeys(config.http, { ...silentLogger, warn: (_, message) => void warnings.push(message) });
    return { keys, warnings };
  };

  it('has one key per line, and comments', async () => {
    const { keys, warnings } = await load(`# of the web application\n${KEY}\n\n  ${OTHER_KEY}  # old\r\n`);

    expect(keys.identify(KEY)).to.match(/^[0-9a-f]{8}$/);
    expect(keys.identify(OTHER_KEY)).to.not.equal(keys.identify(KEY));
    expect(keys.identify('wrong')).to.equal(undefined);
    expect(keys.size).to.equal(2);
    expect(warnings).to.deep.equal([]);
  });

  it('causes a warning when other users can read it', async function () {
    if (process.platform === 'win32') this.skip();
    const { warnings } = await load(`${KEY}\n`, 0o644);

    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include('chmod 600');
  });

  it('causes a warning when a key is short, without showing it', async () => {
    const { keys, warnings } = await load(`${KEY}\nhunter2\n`);

    expect(keys.size).to.equal(2);
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.include('1 of 2 API keys').and.not.include('hunter2');
  });

  for (const [title, text] of [
    ['holds a key with a space in it', `${KEY}\nshort, and two\n`],
    ['holds no key', '# nothing\n'],
  ] as const) {
    it(`is refused when it ${title}, without showing its content`, async () => {
      const error: unknown = await load(text).catch((thrown: unknown) => thrown);

      expect(error).to.be.instanceOf(PipelineError).with.property('code', 'EOD_CONFIG_INVALID');
      expect(String(error)).not.to.include(KEY).and.not.include('short,');
    });
  }

  it('is refused when it does not exist', () => {
    const { config } = loadConfig({ options: { http: { apiKeyFile: join(folder, 'nowhere') } } });

    expect(() => loadKeys(config.http, silentLogger)).to.throw(PipelineError, 'cannot be read');
  });
});

describe('the rate limit', () => {
  it('counts each key separately and sends Retry-After', () =>
    withService({ apiKeys: [KEY, OTHER_KEY], rateLimitPerMinute: 3 }, async (service) => {
      const answers = [];
      for (let index = 0; index < 4; index += 1) answers.push(await service.call('GET', '/api/processing/status'));
      const other = await service.call('GET', '/api/processing/status', { key: OTHER_KEY });

      const last = answers.at(-1);
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200, 429]);
      expect(last?.body).to.include({ success: false, code: 'EOD_RATE_LIMITED' });
      expect(Number(last?.headers['retry-after'])).to.be.within(1, 60);
      expect(other.status).to.equal(200);
    }));

  it('counts wrong keys and unknown routes by address', () =>
    withService({ rateLimitPerMinute: 3 }, async (service) => {
      const statuses: number[] = [];
      for (const path of ['/api/runs', '/nowhere', '/api/runs', '/nowhere']) {
        statuses.push((await service.call('GET', path, { key: `guess-${statuses.length}-0123456789` })).status);
      }
      const withKey = await service.call('GET', '/api/runs');

      expect(statuses).to.deep.equal([401, 401, 401, 429]);
      expect(withKey.status).to.equal(200);
    }));

  it('of programs on this machine is not exhausted by a web page there', () =>
    withService({ trustLoopback: true, rateLimitPerMinute: 3 }, async (service) => {
      const ask = async (headers: Record<string, string>) =>
        (await service.call('GET', '/api/processing/status', { key: null, headers })).status;
      const page = [];
      for (let index = 0; index < 4; index += 1) page.push(await ask({ origin: 'https://evil.example.com' }));

      expect(page).to.deep.equal([401, 401, 401, 429]);
      expect(await ask({})).to.equal(200);
    }));
});

describe('the log of the service', () => {
  it('has no key, also when a caller puts it into the address', async () => {
    const lines: string[] = [];
    const service = await startService({ logger: createLogger({ write: (line) => void lines.push(line) }, 'debug') });
    try {
      await service.call('GET', `/api/runs?api_key=${KEY}`, { key: null });
      await service.call('GET', `/api/runs?${KEY}`);
      await service.call('GET', '/api/runs', { key: 'wrong-key-0123456789' });
    } finally {
      await service.close();
    }

    const text = lines.join('');
    expect(text).to.include('"path":"/api/runs"').and.include('"status":401').and.include('"status":400');
    expect(text).not.to.include(KEY).and.not.include('wrong-key-0123456789');
  });
});
