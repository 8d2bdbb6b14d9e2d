import { expect } from 'chai';
import { createLogger } from '../../../src/http/index.js';
import { KEY, startService, withService } from '../service.js';

const OTHER_KEY = 'other-key-fedcba9876543210';

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
