import { request, type IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { createPipeline } from '../../../src/index.js';
import { createGate, KEY, startService, type TestService, type Answer } from '../service.js';

interface ServerSentEvent {
  readonly id: string;
  readonly event: string;
  readonly data: { run_id: string; status: string; progress: { percent: number; phases: Record<string, unknown>[] } };
}

/** Reads a stream until its end, or until `enough` returns true. */
async function readEvents(
  service: TestService,
  runId: string,
  enough: (events: readonly ServerSentEvent[]) => boolean = () => false,
): Promise<{ events: ServerSentEvent[]; response: IncomingMessage; ended: boolean }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(`${service.address}/api/runs/${runId}/events`, {
      headers: { 'x-api-key': KEY },
      agent: false,
    });
    outgoing.once('response', resolve).once('error', reject).end();
  });
  let text = '';
  const parse = () => text.split('\n\n').slice(0, -1).flatMap(parseEvent);
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk as string;
    if (enough(parse())) return { events: parse(), response, ended: false };
  }
  return { events: parse(), response, ended: true };
}

function parseEvent(block: string): ServerSentEvent[] {
  const fields = new Map(
    block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.replace(/^\w*: /, '')]),
  );
  const { id, event, data } = Object.fromEntries(fields);
  if (id === undefined || event === undefined || data === undefined) return [];
  return [{ id, event, data: JSON.parse(data) as ServerSentEvent['data'] }];
}

describe('a run as server-sent events', () => {
  it('starts with a snapshot, continues live and ends with the run', async () => {
    const gate = createGate();
    const service = await startService({ phases: (pool) => [gate.phase(pool)] });
    try {
      const { body } = await service.call('POST', '/api/processing/trigger-manual', { body: {} });
      const runId = String(body['run_id']);
      await gate.isEntered;
      const reading = readEvents(service, runId);
      setTimeout(() => gate.open(), 300);

      const { events, response, ended } = await reading;

      const [first] = events;
      const last = events.at(-1);
      expect(response.statusCode).to.equal(200);
      expect(response.headers).to.include({ 'content-type': 'text/event-stream; charset=utf-8' });
      expect(response.headers['x-content-type-options']).to.equal('nosniff');
      expect(ended).to.equal(true);
      expect(events[0]?.event).to.equal('snapshot');
      expect(first?.data).to.include({ run_id: runId, status: 'running' });
      expect(first?.data.progress).to.include({ percent: 81.25 });
      expect(
        first?.data.progress.phases.map(({ phase, status }) => `${String(phase)} ${String(status)}`),
      ).to.deep.equal(['import completed', 'cache-sync completed', 'indicators completed', 'gate running']);
      expect(events.slice(1, -1).map(({ event }) => event)).to.include('progress');
      expect(last?.event).to.equal('end');
      expect(last?.data).to.include({ run_id: runId, status: 'completed' });
      expect(new Set(events.map(({ id }) => id)).size).to.equal(events.length);
    } finally {
      await service.close();
    }
  });

  it('is queried once for all its readers', async () => {
    const gate = createGate();
    const service = await startService({ phases: (pool) => [gate.phase(pool)] });
    try {
      const { body } = await service.call('POST', '/api/processing/trigger-manual', { body: {} });
      const runId = String(body['run_id']);
      await gate.isEntered;
      const readers = Array.from({ length: 20 }, () => {
        let onSnapshot: () => void = () => undefined;
        const hasBegun = new Promise<void>((resolve) => (onSnapshot = resolve));
        const reading = readEvents(service, runId, (events) => {
          if (events.length > 0) onSnapshot();
          return false;
        });
        return { hasBegun, reading };
      });
      await Promise.all(readers.map(({ hasBegun }) => hasBegun));
      const findRun = service.pipeline.history.run.bind(service.pipeline.history);
      let questions = 0;
      service.pipeline.history.run = (id) => {
        questions += 1;
        return findRun(id);
      };
      gate.open();

      const all = await Promise.all(readers.map(({ reading }) => reading));

      expect(all.map(({ events }) => events.at(-1)?.event)).to.deep.equal(all.map(() => 'end'));
      expect(questions).to.be.within(1, 10);
    } finally {
      await service.close();
    }
  });

  it('of an ended run is its end at once, and empty for a browser that reconnects', async () => {
    const service = await startService();
    try {
      const runId = await service.runOnce();

      const { events } = await readEvents(service, runId);
      const again = await service.call('GET', `/api/runs/${runId}/events`, {
        headers: { 'last-event-id': events.at(-1)?.id ?? '' },
      });

      expect(events.map(({ event }) => event)).to.deep.equal(['snapshot', 'end']);
      expect(events.at(-1)?.data).to.include({ status: 'completed' });
      expect(again.status).to.equal(204);
    } finally {
      await service.close();
    }
  });

  it('of a run in another process is followed through the database, and cancelled there', async () => {
    const gate = createGate();
    const service = await startService();
    const { pool } = service.test.database;
    const other = await createPipeline({
      database: pool,
      clock: service.pipeline.clock,
      config: { options: { import: { source: 'screener', dir: service.files.dir } } },
      phases: [gate.phase(pool)],
    });
    try {
      const started = await other.start();
      await gate.isEntered;
      const status = await service.call('GET', '/api/processing/status');
      // The run ends only when the reader has the state before.
      let cancel: Promise<Answer> | undefined;
      const { events } = await readEvents(service, started.runId, (received) => {
        if (received.length > 0) cancel ??= service.call('DELETE', '/api/processing/cancel');
        return false;
      });

      expect(status.body).to.include({ is_running: true, run_id: started.runId, progress: 75, symbols_total: 42 });
      expect((await cancel)?.body['run_id']).to.equal(started.runId);
      expect(events[0]?.data).to.include({ run_id: started.runId, status: 'running' });
      expect(events.at(-1)?.event).to.equal('end');
      expect(events.at(-1)?.data).to.include({ status: 'cancelled' });
    } finally {
      await other.close();
      await service.close();
    }
  });

  it('leaves no listeners behind when readers disconnect', async () => {
    const gate = createGate();
    const service = await startService({ phases: (pool) => [gate.phase(pool)] });
    try {
      const { body } = await service.call('POST', '/api/processing/trigger-manual', { body: {} });
      await gate.isEntered;

      for (let index = 0; index < 3; index += 1) {
        const { response } = await readEvents(service, String(body['run_id']), (events) => events.length > 0);
        response.destroy();
      }
      gate.open();
      await service.idle();

      expect((await service.call('GET', '/api/processing/status')).body).to.include({ is_running: false });
    } finally {
      await service.close();
    }
  });

  it('ends when the server stops, although the run continues', async () => {
    const gate = createGate();
    const service = await startService({ phases: (pool) => [gate.phase(pool)] });
    try {
      const { body } = await service.call('POST', '/api/processing/trigger-manual', { body: {} });
      await gate.isEntered;
      const reading = readEvents(service, String(body['run_id']), (events) =>
        events.some(({ event }) => event === 'end'),
      );
      await new Promise((resolve) => setTimeout(resolve, 100));

      await service.server.close();
      const { ended, events } = await reading;

      expect(ended).to.equal(true);
      expect(events[0]?.event).to.equal('snapshot');
      expect(service.pipeline.current()?.runId).to.equal(body['run_id']);
    } finally {
      await service.close();
    }
  });

  it('answers 404 for an unknown run', async () => {
    const service = await startService();
    try {
      const { status, body } = await service.call('GET', '/api/runs/11111111-2222-4333-8444-555555555555/events');
      const run = await service.call('GET', '/api/runs/11111111-2222-4333-8444-555555555555');

      expect([status, run.status]).to.deep.equal([404, 404]);
      expect(body).to.include({ success: false, code: 'EOD_RUN_UNKNOWN' });
    } finally {
      await service.close();
    }
  });
});
