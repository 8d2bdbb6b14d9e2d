import { expect } from 'chai';
import { acquireLease } from '../../src/db/lease.js';
import { KEY, SESSION, startService, type TestService } from './service.js';

interface Hold {
  readonly id: number;
  readonly universe: string | null;
  readonly state: string;
}

describe('holds over HTTP', () => {
  let service: TestService;

  before(async () => {
    service = await startService();
    await service.runOnce();
    await service.test.database.pool.query('update symbols set market_cap = null');
    await service.call('POST', '/api/processing/cache-sync/trigger');
    await service.idle();
  });

  after(() => service.close());

  async function listHolds(state = 'open'): Promise<Hold[]> {
    const { body } = await service.call('GET', `/api/holds?state=${state}`);
    return body['holds'] as Hold[];
  }

  async function idOf(universe: string): Promise<number> {
    return (await listHolds()).find((hold) => hold.universe === universe)?.id ?? 0;
  }

  it('are listed with the reason and shown with the change', async () => {
    const id = await idOf('large_cap');

    const one = await service.call('GET', `/api/holds/${id}?limit=2`);

    expect(one.status, one.text).to.equal(200);
    expect(one.body).to.include({ id, session: SESSION, universe: 'large_cap', state: 'open', decided_by: null });
    // 31 of the forty stocks of 1 to 40 billion are worth 10 billion or more.
    expect(one.body).to.include({ added: 0, removed: 31 });
    const [candidate] = one.body['candidate'] as { universe: string; removed_count: number; removed: unknown[] }[];
    expect(candidate).to.include({ universe: 'stock_universe/market_cap/large_cap', removed_count: 31 });
    expect(candidate?.removed).to.have.lengthOf(2);
  });

  it('are approved by a run, which is reported at once and attributed to the key', async () => {
    const id = await idOf('large_cap');

    const answer = await service.call('POST', `/api/holds/${id}/approve`, { body: { reason: 'looked at' } });
    await service.idle();

    expect(answer.status, answer.text).to.equal(202);
    expect(answer.body).to.include({ success: true, session: SESSION });
    const run = await service.call('GET', `/api/runs/${String(answer.body['run_id'])}`);
    expect(run.body).to.include({ trigger: 'api', status: 'completed_with_holds' });
    expect(run.body['triggered_by']).to.match(/^http key /);
    const decided = await service.call('GET', `/api/holds/${id}`);
    expect(decided.body).to.include({
      state: 'approved',
      decided_by: run.body['triggered_by'],
      decision_reason: 'looked at',
    });
    const universe = await service.call('GET', '/api/universes/large_cap');
    expect(universe.body).to.include({ count: 0 });
    const again = await service.call('POST', `/api/holds/${id}/approve`);
    expect([again.status, again.body['code']]).to.deep.equal([409, 'EOD_HOLD_SETTLED']);
  });

  it('are rejected, which keeps what is published', async () => {
    const id = await idOf('mid_cap');

    const answer = await service.call('POST', `/api/holds/${id}/reject`, { body: {} });

    expect(answer.status, answer.text).to.equal(200);
    expect(answer.body).to.deep.include({ success: true, rejected: [id] });
    const universe = await service.call('GET', '/api/universes/mid_cap');
    expect(universe.body).to.include({ held: true }).and.have.property('count').that.is.greaterThan(0);
    expect((await listHolds()).map((hold) => hold.id)).not.to.include(id);
    expect((await listHolds('all')).find((hold) => hold.id === id)).to.include({ state: 'rejected' });
  });

  it('are refused for an unknown id, an invalid request, a missing key and during a run', async () => {
    const id = await idOf('top_50');
    const lease = await acquireLease(service.test.database, 'run');

    const answers = await Promise.all([
      service.call('GET', '/api/holds/4711'),
      service.call('POST', '/api/holds/4711/approve'),
      service.call('GET', '/api/holds/first'),
      service.call('POST', `/api/holds/${id}/reject`, { body: { reason: 7 } }),
      service.call('GET', '/api/holds?state=closed'),
      service.call('POST', `/api/holds/${id}/approve`, { key: `${KEY}x` }),
      service.call('POST', `/api/holds/${id}/approve`),
    ]);

    await lease.release();
    expect(answers.map(({ status, body }) => `${status} ${String(body['code'])}`)).to.deep.equal([
      '404 EOD_HOLD_UNKNOWN',
      '404 EOD_HOLD_UNKNOWN',
      '400 EOD_REQUEST_INVALID',
      '400 EOD_REQUEST_INVALID',
      '400 EOD_REQUEST_INVALID',
      '401 EOD_UNAUTHORIZED',
      '409 EOD_RUN_LOCKED',
    ]);
  });
});
