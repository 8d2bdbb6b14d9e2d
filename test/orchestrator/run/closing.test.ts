import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../../src/container.js';
import type { Phase } from '../../../src/core/phase.js';
import { Database } from '../../../src/db/database.js';
import type { Pipeline } from '../../../src/orchestrator/pipeline.js';
import { readStream } from '../../events/relaying.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY, writeListings } from '../../support/market.js';
import { skipWithoutRedis, startRedis } from '../../support/redis.js';
import { hostPhase, readOutbox, readRuns } from '../host-phase.js';

const clock = { now: () => Date.parse('2026-07-01T00:00:00Z') };

/** A moment that a test decides. */
function moment(): { readonly come: Promise<void>; readonly pass: () => void } {
  let pass = (): void => undefined;
  const come = new Promise<void>((resolve) => (pass = resolve));
  return { come, pass };
}

describe('a pipeline that is closed', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  const open = (phases: readonly Phase[]): Promise<Pipeline> => createPipeline({ database: pool, clock, phases });

  beforeEach(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 5 });
    // A pool counts as ended before its connections have gone; the database is dropped right after.
    pool.on('error', () => undefined);
  });

  afterEach(async () => {
    await pool.end();
    await test.drop();
  });

  it('while a run begins waits for it and cancels it, so that it has an end', async () => {
    const [asked, allowed] = [moment(), moment()];
    const assertRunnable = (): Promise<void> => {
      asked.pass();
      return allowed.come;
    };
    const pipeline = await open([hostPhase(Database.adopt(pool), 'host', { ordinal: 4, assertRunnable })]);
    const starting = pipeline.start({ session: MONDAY, phases: ['host'] });
    await asked.come;

    const closed = pipeline.close();
    allowed.pass();
    await closed;

    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'cancelled 1', phases: ['host cancelled'], error: 'EOD_CANCELLED' },
    ]);
    expect((await readOutbox(test.database)).at(-1)).to.include({ event: 'daily_processing_completed' });
    expect((await (await starting).finished).status).to.equal('cancelled');
  });

  it('in the middle of a backfill cancels it', async () => {
    const working = moment();
    const work = async ({ signal }: { readonly signal: AbortSignal }): Promise<void> => {
      working.pass();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    await writeListings(test.database, MONDAY, [{ symbol: 'AAPL', shares: 15e9, close: 200 }]);
    const pipeline = await open([hostPhase(Database.adopt(pool), 'host', { ordinal: 4, work })]);
    const backfill = pipeline.backfill({ from: MONDAY, to: TUESDAY, indicators: 'all' });
    await working.come;

    const under = pipeline.current();
    await pipeline.close();

    expect(under).to.include({ session: MONDAY, trigger: 'backfill' });
    expect(await backfill).to.include({ status: 'cancelled' });
  });

  it('after a backfill has told it to Redis', async function () {
    skipWithoutRedis(this);
    const redis = await startRedis();
    await writeListings(test.database, MONDAY, [{ symbol: 'AAPL', shares: 15e9, close: 200 }]);
    const config = { environment: { REDIS_URL: redis.url } };
    const pipeline = await createPipeline({ database: pool, clock, config });

    await pipeline.backfill({ from: MONDAY, to: MONDAY });
    await pipeline.close();

    const events = (await readStream(redis.connect())).map((entry) => entry['event']);
    await redis.stop();
    expect([events[0], events.at(-1)]).to.deep.equal(['daily_processing_started', 'daily_processing_completed']);
  });
});
