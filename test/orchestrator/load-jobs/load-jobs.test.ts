import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { createPipeline, type PipelineOptions } from '../../../src/container.js';
import type { Pipeline } from '../../../src/orchestrator/pipeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY, writeListings } from '../../support/market.js';
import { skipWithoutRedis, startRedis, type TestRedis } from '../../support/redis.js';
import { evening, StoredHistory } from '../../history/stored-history.js';

/** Two evenings after the sessions of the stored bars. */
const NOW = Date.parse('2026-06-25T12:00:00Z');

describe('load jobs', () => {
  let test: TestDatabase;
  let redis: TestRedis;
  let pipeline: Pipeline;
  const warnings: string[] = [];

  before(function () {
    skipWithoutRedis(this);
  });

  before(async () => {
    [test, redis] = [await createTestDatabase(), await startRedis()];
    const history = new StoredHistory(test.database);
    await writeListings(test.database, MONDAY, [{ symbol: 'A' }, { symbol: 'B' }, { symbol: 'LATE' }]);
    await writeListings(test.database, TUESDAY, [{ symbol: 'A' }, { symbol: 'B' }]);
    for (const session of [MONDAY, TUESDAY]) await history.publish(session, evening(session));
    const top = await history.addUniverse('top_2', { rule: 'ranking', of: 'all', size: 2 });
    await history.addMembers(top, ['A', 'B'], { from: MONDAY });
    pipeline = await open();
    pipeline.service.start();
    await untilSubscribed(1);
  });

  after(async () => {
    await pipeline?.close();
    await redis?.stop();
    await test?.drop();
  });

  async function open(options: Partial<PipelineOptions> = {}): Promise<Pipeline> {
    return createPipeline({
      database: test.database.pool,
      clock: { now: () => NOW },
      logger: { info: () => undefined, warn: (_, message) => void warnings.push(message), error: () => undefined },
      config: { options: { redis: { url: redis.url } } },
      ...options,
    });
  }

  async function untilSubscribed(listeners: number): Promise<void> {
    const client = redis.connect();
    while (Number((await client.pubsub('NUMSUB', 'tickstock.jobs.data_load'))[1]) !== listeners) await pause(20);
    client.disconnect();
  }

  /** The last state of a job, read as the admin page reads it. */
  async function submit(job: object): Promise<Record<string, unknown>> {
    const client = redis.connect();
    const { job_id: id } = job as { job_id: string };
    const key = `tickstock.jobs.status:${id}`;
    // The page writes its own entry first, as a hash.
    await client.hset(key, { status: 'submitted', progress: '0' });
    await client.publish('tickstock.jobs.data_load', JSON.stringify(job));
    let state: Record<string, unknown> = {};
    while (state['completed_at'] === undefined || state['completed_at'] === null) {
      await pause(20);
      if ((await client.type(key)) === 'string') state = JSON.parse((await client.get(key)) ?? '{}') as typeof state;
    }
    expect(await client.ttl(key)).to.be.within(86_000, 86_400);
    client.disconnect();
    return state;
  }

  it('are answered from the daily bars that there are, symbol by symbol', async () => {
    const state = await submit({ job_id: 'j1', job_type: 'historical_load', symbols: ['A', 'LATE', 'NONE'], years: 1 });

    expect(state).to.deep.include({
      job_id: 'j1',
      status: 'completed_with_errors',
      progress: 100,
      message: '2 of 3 symbols have daily bars from 2026-06-22 on',
      error_message: 'no daily bars of NONE; 1 symbol without a bar on 2026-06-23, the newest session',
      total_symbols: 3,
      processed_symbols: 3,
      successful_symbols: ['A', 'LATE'],
      failed_symbols: ['NONE'],
      started_at: '2026-06-25T12:00:00.000Z',
    });
  });

  it('of a universe, or of several, are answered for their members; a day is part of a year', async () => {
    const all = { job_id: 'j2', job_type: 'universe_historical_load', universe_key: 'top_2:top_2', years: 0.02 };
    const other = { job_id: 'j3', job_type: 'universe_historical_load', universe_key: 'nasdaq100', years: 1 };

    expect(await submit({ ...all, run_analysis_after_import: true })).to.deep.include({
      status: 'completed',
      successful_symbols: ['A', 'B'],
      error_message: null,
      universe_key: 'top_2:top_2',
      run_analysis_after_import: true,
    });
    expect(await submit({ ...all, job_id: 'j4', years: 0.001 })).to.include({ status: 'failed' });
    expect(await submit(other)).to.include({ status: 'failed', error_message: 'there is no universe "nasdaq100"' });
  });

  it('that cannot be served are refused with the reason, and start no run', async () => {
    const state = await submit({ job_id: 'j5', job_type: 'historical_load', symbols: ['A'], timeframes: ['hour'] });

    expect(state).to.include({ status: 'failed', error_message: 'only daily bars are stored here, not hour' });
    const { rows } = await test.database.pool.query<{ runs: number }>(
      "select count(*)::int as runs from pipeline.run where trigger not in ('test', 'manual')",
    );
    expect(rows).to.deep.equal([{ runs: 0 }]);
  });

  it('that are no jobs are passed over with a warning, and the next is answered', async () => {
    const client = redis.connect();
    await client.publish('tickstock.jobs.data_load', 'not JSON');
    client.disconnect();

    expect(await submit({ job_id: 'j6', job_type: 'historical_load', symbols: ['A'] })).to.include({
      status: 'completed',
    });
    expect(warnings.filter((text) => text.includes('is no load job'))).to.have.length(1);
  });

  it('are answered again after Redis was away', async () => {
    await redis.kill();
    await redis.restart();
    await untilSubscribed(1);
    while ((await pipeline.service.health()).redis !== 'up') await pause(20);

    expect(await submit({ job_id: 'j7', job_type: 'historical_load', symbols: ['A'] })).to.include({
      status: 'completed',
    });
  });

  it('are left to another program by configuration', async () => {
    const quiet = await open({ config: { options: { redis: { url: redis.url, loadJobs: false } } } });
    quiet.service.start();
    await pause(300);

    await untilSubscribed(1);
    await quiet.close();
  });
});
