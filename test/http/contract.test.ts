import { expect } from 'chai';
import { VERSION } from '../../src/index.js';
import { SESSION, startService, type TestService } from './service.js';

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
      status: 'success',
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
});
