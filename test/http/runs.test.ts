import { expect } from 'chai';
import { VERSION } from '../../src/core/version.js';
import { startService, type TestService } from './service.js';

describe('runs and events over HTTP', () => {
  let service: TestService;
  let runId: string;

  before(async () => {
    service = await startService();
    runId = await service.runOnce();
  });

  after(() => service.close());

  it('shows a run with its phases', async () => {
    const list = await service.call('GET', '/api/runs?limit=5');
    const { body } = await service.call('GET', `/api/runs/${runId}`);

    expect(list.body).to.include({ total: 1, limit: 5, offset: 0 });
    expect(list.body['runs']).to.deep.equal([body]);
    expect(body).to.include({ run_id: runId, status: 'completed', trigger: 'manual', mode: 'full', attempt: 1 });
    const phases = body['phases'] as { phase: string; status: string }[];
    expect(phases.map(({ phase }) => phase)).to.deep.equal(service.pipeline.phases.map(({ id }) => id));
    expect(phases.map(({ phase }) => phase)).to.include.members(['import', 'cache-sync', 'indicators']);
    expect(phases.filter(({ status }) => status !== 'completed')).to.deep.equal([]);
  });

  it('returns stored events after a given one', async () => {
    const all = await service.call('GET', '/api/events?limit=1000');
    const events = all.body['events'] as Record<string, unknown>[];
    const first = await service.call('GET', '/api/events?limit=2');
    const rest = await service.call('GET', `/api/events?limit=1000&after=${String(first.body['next'])}`);
    const nothing = await service.call('GET', `/api/events?after=${String(all.body['next'])}`);
    const unknown = await service.call('GET', '/api/events?after=11111111-2222-4333-8444-555555555555');

    expect(events[0]).to.include({ event: 'daily_processing_started', version: '1.0', sequence: 1 });
    expect(events.at(-1)).to.include({ event: 'daily_processing_completed', sequence: events.length });
    expect(first.body).to.include({ has_more: true });
    expect([...(first.body['events'] as object[]), ...(rest.body['events'] as object[])]).to.deep.equal(events);
    expect(nothing.body).to.deep.equal({ events: [], next: all.body['next'], has_more: false });
    expect(unknown.status).to.equal(404);
    expect(unknown.body).to.include({ code: 'EOD_EVENT_UNKNOWN' });
  });

  it('serves metrics', async () => {
    const { status, text, headers } = await service.call('GET', '/metrics');

    expect(status).to.equal(200);
    expect(headers['content-type']).to.match(/^text\/plain/);
    expect(text)
      .to.match(/^tickstock_runs\{status="completed"\} 1$/m)
      .and.match(/^tickstock_phase_duration_seconds\{phase="cache-sync"\} \d/m)
      .and.match(/^tickstock_open_holds 0$/m)
      .and.match(/^tickstock_outbox_backlog [1-9]\d*$/m)
      .and.match(/^tickstock_database_up 1$/m)
      .and.match(/^tickstock_last_run\{status="completed"\} 1$/m)
      .and.match(/^tickstock_last_run_end_timestamp_seconds 1\d{9}/m)
      .and.match(/^tickstock_rejected_rows 0$/m)
      .and.match(/^tickstock_open_exceptions 0$/m)
      .and.match(/^tickstock_universe_members\{universe="top_50"\} [1-9]/m)
      .and.match(new RegExp(`^tickstock_build_info\\{version="${VERSION}"\\} 1$`, 'm'))
      // 30 June 2026, midnight UTC.
      .and.match(/^tickstock_published_session_timestamp_seconds 1782777600$/m)
      .and.match(/^tickstock_http_request_duration_seconds_count\{.*route="\/api\/events"/m);
  });
});
