import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import pg from 'pg';
import { serve } from '../../src/cli/service.js';
import type { Terminal } from '../../src/cli/output.js';
import { createLogger } from '../../src/http/index.js';
import { createPipeline } from '../../src/index.js';
import { createGate, KEY } from '../http/service.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

/** Ten milliseconds before 16:10 in New York on 30 June 2026, the trigger time: the schedule looks every ten of them. */
const BEFORE_MS = Date.parse('2026-06-30T20:09:59.990Z');
const TRIGGER_MS = Date.parse('2026-06-30T20:10:00Z');
/** Time for many looks of the schedule. */
const LOOKS_MS = 300;

describe('a service that waits for a run before it stops', () => {
  let test: TestDatabase;
  let pool: pg.Pool;

  beforeEach(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 6 });
    pool.on('error', () => undefined);
  });

  afterEach(async () => {
    await pool.end();
    await test.drop();
  });

  it('does not start the run of the evening any more', async () => {
    let nowMs = BEFORE_MS;
    const gate = createGate();
    const pipeline = await createPipeline({
      database: pool,
      clock: { now: () => nowMs },
      config: { options: { schedule: { enabled: true }, http: { port: 0, apiKeys: [KEY] } } },
      phases: [gate.phase(pool)],
    });
    const stop = new AbortController();
    const output = new PassThrough();
    const terminal: Terminal = {
      out: output,
      err: output,
      environment: {},
      signal: stop.signal,
      stopWithin: () => undefined,
    };
    // The schedule has nothing to make up for from the evening before.
    await pool.query(
      `insert into pipeline.slot (pipeline, session, state, updated_at) values ('daily', '2026-06-29', 'completed', now())`,
    );
    const serving = serve(pipeline, terminal, createLogger(output), false);
    const run = await pipeline.start({ session: pipeline.calendar.lastClosed(TRIGGER_MS), phases: ['gate'] });
    await gate.isEntered;

    stop.abort();
    await lineOf(output, 'waiting up to');
    nowMs = TRIGGER_MS;
    await delay(LOOKS_MS);
    gate.open();
    await serving;
    await pipeline.close();

    expect(await run.finished).to.include({ status: 'completed' });
    const { rows } = await pool.query(`select to_char(session, 'YYYY-MM-DD') as session, state from pipeline.slot`);
    expect(rows).to.deep.equal([{ session: '2026-06-29', state: 'completed' }]);
    const { rows: runs } = await pool.query('select id from pipeline.run');
    expect(runs).to.deep.equal([{ id: run.runId }]);
  });
});

/** Waits until a line with that text has been written. */
async function lineOf(output: PassThrough, text: string): Promise<void> {
  let written = '';
  for (;;) {
    written += String(output.read() ?? '');
    if (written.includes(text)) return;
    await delay(5);
  }
}
