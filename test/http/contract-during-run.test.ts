import { expect } from 'chai';
import { createGate, startService, type TestService } from './service.js';

const INSTANT = /^2026-06-30T22:\d\d:\d\d\.\d{3}Z$/;

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
    // All phases but the last are done, and a quarter of that: 10.5 of 42 symbols, of which half a one is not done.
    const phases = service.pipeline.phases.length;
    expect(body).to.include({ progress: 100 * (1 - 0.75 / phases), symbols_processed: 10 });
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
