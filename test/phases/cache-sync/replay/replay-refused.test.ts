import { expect } from 'chai';
import type { Database } from '../../../../src/db/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import { MONDAY, sync, TUESDAY, WEDNESDAY } from '../../../support/market.js';
import { readMembersAsOf, readVersions } from '../publish/published-state.js';
import { useReplay, plain, readState } from './replay-fixture.js';

describe('a replay that is refused or cancelled', () => {
  const given = useReplay();

  it('leaves out what was only imported, and refuses sessions of which nothing was recorded', async () => {
    await runEvening(given.test.database, MONDAY, [{ symbol: 'A', cap: 3e9 }], { config: plain });
    await importListings(given.test.database, TUESDAY, [{ symbol: 'A', cap: 1e9 }]);
    await runEvening(given.test.database, WEDNESDAY, [{ symbol: 'A', cap: 3e9 }], { config: plain });
    const replay = (): Promise<unknown> =>
      sync(given.test.database, WEDNESDAY, { config: plain, replayFrom: MONDAY }).catch((error: unknown) => error);

    const report = await replay();
    const published = await readState(given.test.database);
    // As of a database that was published by a version that recorded no facts yet.
    await given.test.database.pool.query('update pipeline.symbol_fact set valid_from = $1', [WEDNESDAY]);
    const tooEarly = await replay();
    await given.test.database.pool.query('delete from pipeline.symbol_fact');
    const unknown = await replay();

    expect(report).to.have.nested.property('counters.sessions', 2);
    expect(tooEarly).to.include({
      code: 'EOD_SESSION_INVALID',
      message: `no facts of symbols are recorded before ${WEDNESDAY}, so ${MONDAY} cannot be recomputed`,
      hint: `use \`--from ${WEDNESDAY}\` or later`,
    });
    expect(unknown).to.include({ code: 'EOD_SESSION_INVALID' });
    expect(await readState(given.test.database)).to.deep.equal(published);
    expect(await readMembersAsOf(given.test.database, 'large_cap', TUESDAY)).to.deep.equal(['A']);
  });

  it('that is cancelled on its way leaves everything as it was', async () => {
    for (const session of [MONDAY, TUESDAY, WEDNESDAY]) {
      await runEvening(given.test.database, session, [{ symbol: 'A', cap: 3e9 }], { config: plain });
    }
    const versions = await readVersions(given.test.database);
    await given.test.database.pool.query(`update pipeline.source_quote set market_cap_usd = 1e9`);
    const canceller = new AbortController();
    // It takes back the audit and computes the first session, and then waits where it would write the figures.
    const blocker = await given.test.database.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table pipeline.valuation in exclusive mode');

    const options = { config: plain, replayFrom: MONDAY, signal: canceller.signal };
    const replaying = sync(given.test.database, WEDNESDAY, options).catch((error: unknown) => error);
    await waitForLock(given.test.database);
    canceller.abort();
    const failure: unknown = await replaying;
    await blocker.query('rollback');
    blocker.release();

    expect(failure).to.include({ code: 'EOD_CANCELLED' });
    expect(await readVersions(given.test.database)).to.deep.equal(versions);
  });
});

async function waitForLock({ pool }: Database): Promise<void> {
  const statement = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await pool.query(statement)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
