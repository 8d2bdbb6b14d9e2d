import { expect } from 'chai';
import { VERSION } from '../../src/index.js';
import { createGate, SESSION, startService, type TestService } from './service.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INSTANT = /^2026-06-30T22:\d\d:\d\d\.\d{3}Z$/;
const NO_RUN = '11111111-2222-4333-8444-555555555555';

describe('the HTTP contract, while nothing runs', () => {
  let service: TestService;
  let runId: string;

  before(async () => {
    service = await startService();
    runId = await service.runOnce();
  });

  after(() => service.close());

  it('GET /health says that everything is up', async () => {
    const { status, body } = await service.call('GET', '/health', { key: null });

    expect(status).to.equal(200);
    expect(body).to.deep.equal({
      status: 'healthy',
      services: { database: 'up', redis: 'disabled', api: 'up' },
      processing_status: 'idle',
      version: VERSION,
    });
  });

  it('GET /api/processing/status has every field, empty', async () => {
    const { status, body } = await service.call('GET', '/api/processing/status');

    expect(status).to.equal(200);
    expect(body).to.deep.equal({
      is_running: false,
      run_id: null,
      current_phase: null,
      progress: 0,
      symbols_processed: 0,
      symbols_total: 0,
      start_time: null,
      estimated_completion: null,
    });
  });

  it('GET /api/processing/history lists the runs of the requested days', async () => {
    const { body } = await service.call('GET', '/api/processing/history?days=7');

    const [run] = body['runs'] as Record<string, unknown>[];
    expect(body['runs']).to.have.lengthOf(1);
    expect(run).to.include({
      run_id: runId,
      run_date: SESSION,
      trigger_type: 'manual',
      status: 'completed',
      symbols_processed: 42,
      symbols_failed: 0,
      patterns_detected: 0,
    });
    expect(run?.['start_time']).to.match(INSTANT);
    expect(run?.['end_time']).to.match(INSTANT);
    expect(run?.['duration_seconds']).to.be.a('number');
    expect(run?.['indicators_calculated']).to.be.a('number');
  });

  it('GET /api/processing/history leaves out runs that started earlier', async () => {
    await service.test.database.pool.query(
      `insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at)
       values ($1, '2026-06-10', 'automatic', 'full', false, '{}', 'failed', '2026-06-10T21:00:00Z')`,
      [NO_RUN],
    );

    const week = await service.call('GET', '/api/processing/history');
    const month = await service.call('GET', '/api/processing/history?days=30');
    await service.test.database.pool.query('delete from pipeline.run where id = $1', [NO_RUN]);

    expect(week.body['runs']).to.have.lengthOf(1);
    expect(month.body['runs']).to.have.lengthOf(2);
    const earlier = (month.body['runs'] as Record<string, unknown>[]).find(({ run_id: id }) => id === NO_RUN);
    expect(earlier).to.include({ run_date: '2026-06-10', trigger_type: 'automatic', status: 'failed', end_time: null });
  });

  it('DELETE /api/processing/cancel answers 409 when nothing runs', async () => {
    const { status, body } = await service.call('DELETE', '/api/processing/cancel');

    expect(status).to.equal(409);
    expect(body).to.include({ success: false, code: 'EOD_NOT_RUNNING' });
    expect(body['message']).to.be.a('string').and.not.equal('');
  });

  it('GET and POST /api/processing/schedule read and change when runs start', async () => {
    const before = await service.call('GET', '/api/processing/schedule');
    const changed = await service.call('POST', '/api/processing/schedule', {
      body: { enabled: true, trigger_time: '17:30', universes: ['top_500'], market_check: false },
    });
    const after = await service.call('GET', '/api/processing/schedule');

    expect(before.body).to.deep.equal({
      enabled: false,
      trigger_time: '16:10',
      timezone: 'America/New_York',
      next_run: null,
      universes: [],
      market_check: true,
    });
    expect(changed.status).to.equal(200);
    // 17:30 in New York on 30 June was half an hour ago; without a market check the next is the day after.
    expect(changed.body).to.deep.equal({
      enabled: true,
      trigger_time: '17:30',
      timezone: 'America/New_York',
      next_run: '2026-07-01T21:30:00.000Z',
      universes: ['top_500'],
      market_check: false,
    });
    expect(after.body).to.deep.equal(changed.body);
  });

  it('POST /api/processing/trigger-import, trigger-indicators and retry-imports start one phase', async () => {
    const started = [];
    for (const [path, body, phase] of [
      ['trigger-import', { universes: ['top_500'], timeframes: ['daily'], lookback_days: 30 }, 'import'],
      ['trigger-indicators', { timeframe: 'daily', symbols: ['SAA'], indicators: ['rsi'] }, 'indicators'],
      ['retry-imports', { original_run_id: runId, symbols: ['SAA'] }, 'import'],
    ] as const) {
      const answer = await service.call('POST', `/api/processing/${path}`, { body });
      await service.idle();
      started.push({ ...answer, phase, run: await service.pipeline.history.run(String(answer.body['run_id'])) });
    }

    for (const { status, body, phase, run } of started) {
      expect(status).to.equal(200);
      expect(body['run_id']).to.match(UUID);
      expect(body).to.include({ status: 'started', session: SESSION });
      expect(body['message']).to.include('were ignored').and.include('whole market');
      expect(run.phases.map((each) => each.phase)).to.deep.equal([phase]);
      expect(run).to.include({ status: 'completed', trigger: 'api' });
      expect(run.triggeredBy).to.match(/^http key [0-9a-f]{8}$/);
    }
  });

  it('POST /api/processing/retry-imports answers 404 for an unknown run', async () => {
    const { status, body } = await service.call('POST', '/api/processing/retry-imports', {
      body: { original_run_id: NO_RUN },
    });

    expect(status).to.equal(404);
    expect(body).to.include({ code: 'EOD_RUN_UNKNOWN' });
  });

  for (const phases of [['cache-sync'], ['cache_sync']]) {
    it(`POST /api/processing/trigger-manual reruns one phase by the name ${phases[0]}`, async () => {
      const { status, body } = await service.call('POST', '/api/processing/trigger-manual', {
        body: { skip_market_check: true, phases },
      });
      await service.idle();

      const run = await service.pipeline.history.run(String(body['run_id']));
      expect(status).to.equal(200);
      expect(body).to.include({ status: 'started' });
      expect(body['message']).to.include(SESSION);
      expect(run.phases.map(({ phase }) => phase)).to.deep.equal(['cache-sync']);
    });
  }

  it('POST /api/processing/cache-sync/trigger answers 202, and the job can be polled to its end', async () => {
    const { status, body } = await service.call('POST', '/api/processing/cache-sync/trigger', {
      body: { mode: 'themes', force: true },
    });
    await service.idle();
    const job = await service.call('GET', `/api/processing/cache-sync/status/${String(body['job_id'])}`);

    expect(status).to.equal(202);
    expect(body).to.have.all.keys('success', 'job_id', 'mode', 'message');
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

describe('the HTTP contract, during a run', () => {
  const gate = createGate();
  let service: TestService;
  let runId: string;

  before(async () => {
    service = await startService({ phases: (pool) => [gate.phase(pool)] });
    const { body } = await service.call('POST', '/api/processing/trigger-manual', { body: { phases: ['all'] } });
    runId = String(body['run_id']);
    await gate.isEntered;
  });

  after(() => service.close());

  it('shows its progress', async () => {
    const { body } = await service.call('GET', '/api/processing/status');
    const { body: health } = await service.call('GET', '/health');

    expect(body).to.include({ is_running: true, run_id: runId, current_phase: 'gate', symbols_total: 42 });
    // Three of four phases are done, and a quarter of the last: 10.5 of 42 symbols, of which half a one is not done.
    expect(body).to.include({ progress: 81.25, symbols_processed: 10 });
    expect(body['start_time']).to.match(INSTANT);
    expect(health).to.include({ status: 'healthy', processing_status: 'running' });
  });

  it('shows the job as running, with its progress', async () => {
    const { body } = await service.call('GET', `/api/processing/cache-sync/status/${runId}`);

    expect(body).to.include({ status: 'running', end_time: null, duration_seconds: null });
    expect(body['progress']).to.have.all.keys('percent', 'task', 'current', 'completed', 'total');
    expect(body['progress']).to.include({ percent: 100 });
  });

  for (const [path, body] of [
    ['trigger-manual', {}],
    ['trigger-import', {}],
    ['trigger-indicators', {}],
    ['cache-sync/trigger', {}],
  ] as const) {
    it(`refuses POST /api/processing/${path}, naming the run, its owner and its start`, async () => {
      const answer = await service.call('POST', `/api/processing/${path}`, { body });

      expect(answer.status).to.equal(409);
      expect(answer.body).to.include({ success: false, code: 'EOD_RUN_LOCKED' });
      expect(answer.body['message'])
        .to.include(runId)
        .and.match(/:\d+, since 2026-06-30T22:/);
      expect(answer.body['hint']).to.include('/api/processing/status');
    });
  }

  it('cancels it on DELETE /api/processing/cancel', async () => {
    const { status, body } = await service.call('DELETE', '/api/processing/cancel');
    await service.idle();
    const job = await service.call('GET', `/api/processing/cache-sync/status/${runId}`);
    const { body: history } = await service.call('GET', '/api/processing/history');

    expect(status).to.equal(200);
    expect(body['message']).to.include(runId);
    expect(job.body).to.include({ status: 'failed', progress: null });
    expect(job.body['error_details']).to.match(/^cancelled: .*http key [0-9a-f]{8}/);
    expect((history['runs'] as object[])[0]).to.include({ run_id: runId, status: 'cancelled' });
  });
});
