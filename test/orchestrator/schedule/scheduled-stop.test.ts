import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../../src/container.js';
import { Database } from '../../../src/db/database.js';
import type { Pipeline } from '../../../src/orchestrator/pipeline.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY } from '../../support/market.js';
import { hostPhase, readRuns, type HostPhaseOptions } from '../host-phase.js';

/** 16:10 in New York on Monday 22 June 2026. */
const clock = { now: () => Date.parse('2026-06-22T20:10:00Z') };

/** The first phase of the evening; it works until it is cancelled, and says when it has begun. */
function endlessPhase(): { readonly options: HostPhaseOptions; readonly isEntered: Promise<void> } {
  let enter = (): void => undefined;
  const isEntered = new Promise<void>((resolve) => (enter = resolve));
  const work: HostPhaseOptions['work'] = async ({ signal }) => {
    enter();
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    signal.throwIfAborted();
  };
  return { options: { work }, isEntered };
}

describe('a service that is stopped in the middle of its scheduled run', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  const open = (options: HostPhaseOptions): Promise<Pipeline> =>
    createPipeline({
      database: pool,
      clock,
      config: { environment: { TICKSTOCK_SCHEDULE_ENABLED: 'true' } },
      phases: [hostPhase(Database.adopt(pool), 'evening', options)],
    });
  const readSlots = async (): Promise<unknown[]> =>
    (await pool.query(`select to_char(session, 'YYYY-MM-DD') as session, state from pipeline.slot`)).rows;

  beforeEach(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 6 });
    pool.on('error', () => undefined);
    // The host has loaded its bars, and the schedule has been on for a while.
    await pool.query(`insert into ohlcv_daily (symbol, date, close) values ('AAPL', $1, 1)`, [MONDAY]);
    await pool.query(`insert into pipeline.duty (pipeline, since) values ('daily', '2026-06-22T12:00:00Z')`);
  });

  afterEach(async () => {
    await pool.end();
    await test.drop();
  });

  it('leaves the session to the next service, which begins it again', async () => {
    const { options, isEntered } = endlessPhase();
    const stopped = await open(options);
    stopped.service.start();
    await isEntered;
    await stopped.close();
    const left = await readSlots();
    const again = endlessPhase();

    const next = await open(again.options);
    next.service.start();
    await again.isEntered;
    const taken = await readSlots();
    await next.close();

    expect(left).to.deep.equal([{ session: MONDAY, state: 'due' }]);
    expect(taken).to.deep.equal([{ session: MONDAY, state: 'claimed' }]);
    expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['cancelled 1', 'cancelled 2']);
  });

  it('does not leave it to anybody where a person cancelled it before', async () => {
    const { options, isEntered } = endlessPhase();
    const pipeline = await open(options);
    pipeline.service.start();
    await isEntered;

    await pipeline.cancel('key 1a2b');
    await pipeline.close();

    expect(await readSlots()).to.deep.equal([{ session: MONDAY, state: 'missed' }]);
  });
});
