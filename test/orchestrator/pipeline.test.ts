import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../src/container.js';
import type { PipelineError } from '../../src/core/errors.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import { acquireLease } from '../../src/db/lease.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, TUESDAY, WEDNESDAY, writeListings } from '../support/market.js';

const clock = { now: () => Date.parse('2026-07-01T00:00:00Z') };
const PHASES = ['import', 'cache-sync'];

describe("a pipeline on a host's database that already has bars", () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  let pipeline: Pipeline;
  const errorOf = (work: Promise<unknown>): Promise<PipelineError | undefined> =>
    work.then(
      () => undefined,
      (error: unknown) => error as PipelineError,
    );

  beforeEach(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 5 });
    // A pool counts as ended before its connections have gone; the database is dropped right after.
    pool.on('error', () => undefined);
    pipeline = await createPipeline({ database: pool, clock });
    for (const [day, session] of [MONDAY, TUESDAY, WEDNESDAY].entries()) {
      await writeListings(test.database, session, [
        { symbol: 'AAPL', cap: null, shares: 15e9, close: 200 },
        { symbol: 'STAYS', cap: null, shares: 1e9, close: 50 },
        { symbol: 'MOVES', cap: null, shares: 1e9, close: 195 + 5 * day },
      ]);
    }
  });

  afterEach(async () => {
    await pipeline.close();
    await pool.end();
    await test.drop();
  });

  it('backfills its sessions into memberships that say who belonged when', async () => {
    const result = await pipeline.backfill({ from: MONDAY, to: WEDNESDAY, indicators: 'none' });

    expect(result.status).to.equal('completed');
    // 1 billion shares at $195, $200 and $205 against a lower bound of $200 billion
    const { rows } = await pool.query(
      `select valid_from::text as from, valid_to::text as to, key from pipeline.membership m
       join pipeline.universe u on u.id = m.universe_id
       where symbol = 'MOVES' and u.name = 'market_cap' order by valid_from`,
    );
    expect(rows).to.deep.equal([
      { from: MONDAY, to: TUESDAY, key: 'large_cap' },
      { from: TUESDAY, to: null, key: 'mega_cap' },
    ]);
  });

  it('refuses an older session than the one published, and changes nothing', async () => {
    await pipeline.run({ session: TUESDAY, phases: PHASES });

    const refusal = await errorOf(pipeline.run({ session: MONDAY, phases: PHASES }));

    expect(refusal).to.include({ code: 'EOD_SESSION_NOT_NEWEST' });
    expect((await pipeline.status()).publishedSession).to.equal(TUESDAY);
    expect((await pipeline.history.runs({ limit: 10 })).runs).to.have.length(1);
  });

  it('refuses cache sync for a session that was not imported', async () => {
    const refusal = await errorOf(pipeline.run({ session: TUESDAY, phases: ['cache-sync'] }));

    expect(refusal).to.include({ code: 'EOD_PHASE_NEEDS' });
  });

  it('without a session syncs the one that was imported last', async () => {
    await pipeline.run({ session: MONDAY, phases: ['import'] });

    const result = await pipeline.run({ phases: ['cache-sync'] });

    expect(result).to.include({ session: MONDAY, status: 'completed' });
  });

  it('says what has run, what is published and with which hash', async () => {
    const { runId, phases } = await pipeline.run({ session: MONDAY, phases: PHASES });

    const status = await pipeline.status();

    expect(status).to.include({
      running: null,
      importedSession: MONDAY,
      publishedSession: MONDAY,
      previousSession: null,
      openHolds: 0,
      symbols: 3,
      membershipHash: phases[1]?.report?.hashes?.['membership'],
    });
    expect(status.lastRun).to.deep.include({ runId, session: MONDAY, status: 'completed', error: null });
    expect(status.lastRun?.phases.map((phase) => [phase.phase, phase.status])).to.deep.equal([
      ['import', 'completed'],
      ['cache-sync', 'completed'],
    ]);
  });

  it('names the nearest phase of one that does not exist, even when nothing has been imported', async () => {
    const refusal = await errorOf(pipeline.run({ phases: ['imprt'] }));

    expect(refusal).to.include({ code: 'EOD_PHASE_UNKNOWN' });
    expect(refusal?.hint).to.include('did you mean "import"?');
  });

  it('shows a run that ended without a word as interrupted, and one whose process lives as running', async () => {
    const { runId } = await pipeline.run({ session: MONDAY, phases: PHASES });
    await pool.query(`update pipeline.run set status = 'running', finished_at = null where id = $1`, [runId]);
    await pool.query(`update pipeline.phase_run set status = 'running' where run_id = $1 and phase = 'cache-sync'`, [
      runId,
    ]);

    const [dead] = (await pipeline.history.runs({ limit: 1 })).runs;
    const lease = await acquireLease(test.database, 'run');
    const [alive] = (await pipeline.history.runs({ limit: 1 })).runs;
    await lease.release();

    expect(dead?.status).to.equal('interrupted');
    expect(dead?.phases.map((phase) => phase.status)).to.deep.equal(['completed', 'interrupted']);
    expect(alive?.status).to.equal('running');
    expect(alive?.phases.map((phase) => phase.status)).to.deep.equal(['completed', 'running']);
    expect(await pipeline.status()).to.deep.include({ running: null, lastRun: dead });
  });

  it("leaves the host's pool open when it closes", async () => {
    await pipeline.close();

    const { rows } = await pool.query('select 1 as one');

    expect(rows).to.deep.equal([{ one: 1 }]);
  });
});
