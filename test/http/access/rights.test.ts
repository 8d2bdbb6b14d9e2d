import { expect } from 'chai';
import { RIGHTS, type Right } from '../../../src/index.js';
import { KEY, startService, withService, type TestService } from '../service.js';

/** One request for each kind of right; what it is answered when the caller has the right. */
const REQUESTS: readonly { right: Right; method: string; path: string; body?: unknown; status: number }[] = [
  { right: 'read', method: 'GET', path: '/api/universes', status: 200 },
  { right: 'read', method: 'GET', path: '/api/processing/schedule', status: 200 },
  { right: 'operate', method: 'POST', path: '/api/processing/schedule', body: { enabled: false }, status: 200 },
  { right: 'operate', method: 'DELETE', path: '/api/processing/cancel', status: 409 },
  { right: 'operate', method: 'DELETE', path: '/api/calendar/2026-12-28', status: 400 },
  { right: 'decide', method: 'POST', path: '/api/holds/1/approve', status: 404 },
  { right: 'decide', method: 'POST', path: '/api/holds/1/reject', status: 404 },
  { right: 'decide', method: 'POST', path: '/api/exceptions/1/approve', status: 404 },
  { right: 'decide', method: 'POST', path: '/api/exceptions/1/reject', status: 404 },
];

describe('rights of a key', () => {
  for (const right of RIGHTS.filter((each) => each !== 'force')) {
    it(`${right} allows its requests and no others`, () =>
      withService({ keyRights: [right] }, async (service) => {
        for (const { right: needed, method, path, body, status } of REQUESTS) {
          const answer = await service.call(method, path, { body });
          expect(answer.status, `${method} ${path}`).to.equal(needed === right ? status : 403);
          if (needed === right) continue;
          expect(answer.body).to.include({ success: false, code: 'EOD_FORBIDDEN' });
          expect(answer.body['message']).to.include(`the right ${needed}`);
          expect(answer.body['hint']).to.include('http.keyRights');
        }
      }));
  }

  it('are of callers on loopback too', () =>
    withService({ trustLoopback: true, loopbackRights: ['read'] }, async (service) => {
      const read = await service.call('GET', '/api/universes', { key: null });
      const cancel = await service.call('DELETE', '/api/processing/cancel', { key: null });

      expect([read.status, cancel.status]).to.deep.equal([200, 403]);
      expect(cancel.body['hint']).to.include('http.loopbackRights');
      expect((await service.call('DELETE', '/api/processing/cancel')).status).to.equal(409);
    }));
});

describe('the right to force', () => {
  let service: TestService;

  before(async () => {
    service = await startService({ http: { trustLoopback: true, loopbackRights: ['read', 'operate'] } });
    await service.runOnce();
  });

  after(() => service.close());

  const trigger = async (key: string | null) => {
    const { body } = await service.call('POST', '/api/processing/cache-sync/trigger', {
      key,
      body: { mode: 'full', force: true },
    });
    await service.idle();
    const run = await service.test.database.db
      .selectFrom('pipeline.run')
      .select('force')
      .where('id', '=', String(body['job_id']))
      .executeTakeFirst();
    return { body, stored: run?.force };
  };

  it('runs without the gates where it is given', async () => {
    const { body, stored } = await trigger(KEY);

    expect(body).to.include({ success: true, force: true });
    expect(stored).to.equal(true);
  });

  it('runs with the gates where it is not, and the answer says so', async () => {
    const { body, stored } = await trigger(null);

    expect(body).to.include({ success: true, force: false });
    expect(body['message']).to.include('force was ignored');
    expect(stored).to.equal(false);
  });
});
