import { expect } from 'chai';
import { SESSION, startService, type TestService } from './service.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INSTANT = /^2026-06-30T22:\d\d:\d\d\.\d{3}Z$/;
const NO_RUN = '11111111-2222-4333-8444-555555555555';

describe('the HTTP contract of cache sync', () => {
  let service: TestService;
  let runId: string;

  before(async () => {
    service = await startService();
    runId = await service.runOnce();
  });

  after(() => service.close());

  it('POST /api/processing/cache-sync/trigger answers 202, and the job can be polled to its end', async () => {
    const { status, body } = await service.call('POST', '/api/processing/cache-sync/trigger', {
      body: { mode: 'themes', force: true },
    });
    await service.idle();
    const job = await service.call('GET', `/api/processing/cache-sync/status/${String(body['job_id'])}`);

    expect(status).to.equal(202);
    expect(body).to.have.all.keys('success', 'job_id', 'run_id', 'mode', 'force', 'message');
    expect(body).to.include({ success: true, mode: 'themes' });
    expect(body['job_id']).to.match(UUID);
    expect(job.status).to.equal(200);
    expect(job.body).to.have.all.keys(
      ['job_id', 'mode', 'status', 'created_at', 'start_time', 'end_time'].concat([
        'duration_seconds',
        'triggered_by',
        'error_details',
        'progress',
      ]),
    );
    expect(job.body).to.include({ job_id: body['job_id'], mode: 'themes', status: 'completed' });
    expect(job.body).to.include({ error_details: null, progress: null });
    expect(job.body['triggered_by']).to.match(/^http key [0-9a-f]{8}$/);
    expect(job.body['created_at']).to.match(INSTANT);
  });

  for (const id of [NO_RUN, 'no-uuid']) {
    it(`GET /api/processing/cache-sync/status/${id} answers 404`, async () => {
      const { status, body } = await service.call('GET', `/api/processing/cache-sync/status/${id}`);

      expect(status).to.equal(404);
      expect(body).to.include({ success: false, code: 'EOD_RUN_UNKNOWN' });
    });
  }

  it('GET /api/processing/cache-sync/status answers 404 for a run without cache sync', async () => {
    const started = await service.pipeline.start({ phases: ['indicators'] });
    await started.finished;

    const { status } = await service.call('GET', `/api/processing/cache-sync/status/${started.runId}`);

    expect(status).to.equal(404);
  });

  it('GET /api/processing/cache-sync/history returns a page of jobs', async () => {
    const all = await service.call('GET', '/api/processing/cache-sync/history');
    const second = await service.call('GET', '/api/processing/cache-sync/history?limit=1&offset=1');

    const jobs = all.body['jobs'] as Record<string, unknown>[];
    expect(all.body).to.include({ total: jobs.length, limit: 10, offset: 0 });
    expect(second.body).to.include({ total: jobs.length, limit: 1, offset: 1 });
    expect(second.body['jobs']).to.deep.equal([jobs[1]]);
    expect(jobs.at(-1)).to.include({ job_id: runId, status: 'completed', has_errors: false });
  });

  it('GET /api/processing/cache-sync/stats has every universe and the statistics of the week', async () => {
    const { body } = await service.call('GET', '/api/processing/cache-sync/stats');

    const universes = body['universes'] as Record<string, unknown>[];
    const large = universes.find(({ universe }) => universe === 'large_cap');
    expect(large).to.include({ type: 'market_cap', symbol_count: 31 });
    expect(large?.['last_updated']).to.match(INSTANT);
    const statistics = body['job_statistics'] as Record<string, number>;
    expect(statistics).to.have.all.keys(
      'total_jobs_7d',
      'successful_jobs_7d',
      'failed_jobs_7d',
      'avg_duration_seconds',
    );
    expect(statistics['successful_jobs_7d']).to.equal(statistics['total_jobs_7d']).and.be.above(0);
    expect(statistics['avg_duration_seconds']).to.be.above(0);
  });

  const ended = [
    { stored: 'failed', shown: 'failed', details: /^EOD_DB_FULL: disk full$/ },
    { stored: 'cancelled', shown: 'failed', details: /^cancelled: / },
    { stored: 'interrupted', shown: 'error', details: /^interrupted: / },
    { stored: 'completed_with_holds', shown: 'completed', details: null },
  ];

  for (const { stored, shown, details } of ended) {
    it(`a job whose run is ${stored} is shown as ${shown}`, async () => {
      const error = stored === 'failed' ? { code: 'EOD_DB_FULL', message: 'disk full' } : null;
      await service.test.database.pool.query(
        `with run as (
           insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at, finished_at, error)
           values ($1, $2, 'api', 'ipos', false, '{cache-sync}', $3, '2026-06-30T20:00:00Z', '2026-06-30T20:00:01.5Z', $4)
         )
         insert into pipeline.phase_run (run_id, phase, ordinal, session, status) values ($1, 'cache-sync', 2.5, $2, $3)`,
        [NO_RUN, SESSION, stored, error],
      );

      const job = await service.call('GET', `/api/processing/cache-sync/status/${NO_RUN}`);
      await service.test.database.pool.query('delete from pipeline.run where id = $1', [NO_RUN]);

      expect(job.body).to.include({ status: shown, mode: 'ipos', duration_seconds: 1.5, triggered_by: 'api' });
      if (details === null) expect(job.body['error_details']).to.equal(null);
      else expect(job.body['error_details']).to.match(details);
    });
  }
});
