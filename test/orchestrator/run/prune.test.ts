import { expect } from 'chai';
import { prune } from '../../../src/orchestrator/run/prune.js';
import { createOrchestrator, hostPhase } from '../host-phase.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY } from '../../support/market.js';

const DAY_MS = 86_400_000;

describe('what is kept', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(() => test.drop());

  it('of the rows that an import refused is those of the last days, counted from its run', async () => {
    const { startedAt } = await createOrchestrator(test.database, [hostPhase(test.database, 'import')]).start({
      session: MONDAY,
    });
    const { pool } = test.database;
    const countRows = async (): Promise<number | null> =>
      (await pool.query('select from pipeline.rejected_row')).rowCount;
    await pool.query(
      `insert into pipeline.rejected_row (session, source, origin, row_number, raw, reason, run_id)
       select $1, 'screener', 'nasdaq.json', 1, '{}', 'NO_SYMBOL', id from pipeline.run`,
      [MONDAY],
    );
    const pruneAfter = async (days: number): Promise<void> => {
      const retention = { eventsDays: 30, rejectedRowsDays: 90 };
      await prune(test.database, retention, { onlyDelivered: true, at: new Date(startedAt.getTime() + days * DAY_MS) });
    };

    await pruneAfter(89.9);
    expect(await countRows()).to.equal(1);
    await pruneAfter(90.1);
    expect(await countRows()).to.equal(0);
  });
});
