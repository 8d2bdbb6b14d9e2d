import { expect } from 'chai';
import { SlotStore } from '../../../src/orchestrator/schedule/slot-store.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY } from '../../support/market.js';
import { createOrchestrator, hostPhase } from '../host-phase.js';
import { policy } from './scheduler-fixture.js';

const AT = new Date('2026-06-22T21:00:00Z');

describe('the slot of a session', () => {
  let test: TestDatabase;
  let slots: SlotStore;
  let runId: string;

  beforeEach(async () => {
    test = await createTestDatabase();
    slots = new SlotStore(test.database, ['daily'], policy);
    const orchestrator = createOrchestrator(test.database, [hostPhase(test.database, 'daily')]);
    ({ runId } = await orchestrator.run({ session: MONDAY }));
  });

  afterEach(async () => {
    await test.drop();
  });

  const query = async (statement: string, values: unknown[] = []): Promise<unknown[]> =>
    (await test.database.pool.query(statement, values)).rows;
  const writeSlot = (state: string, run: string | null): Promise<unknown> =>
    query(`insert into pipeline.slot (pipeline, session, state, run_id, updated_at) values ('daily', $1, $2, $3, $4)`, [
      MONDAY,
      state,
      run,
      AT,
    ]);
  const readSlot = (): Promise<unknown[]> => query('select state, run_id as run from pipeline.slot');

  it('is left to a run that is under way, and completed once that has ended', async () => {
    await writeSlot('claimed', runId);
    await query(`update pipeline.run set status = 'running'`);
    const early = await slots.settle(AT);
    await query(`update pipeline.run set status = 'completed'`);

    expect(early).to.deep.equal([]);
    expect(await slots.settle(AT)).to.deep.equal([{ session: MONDAY, state: 'completed', reason: null }]);
    expect(await readSlot()).to.deep.equal([{ state: 'completed', run: runId }]);
  });

  for (const state of ['completed', 'claimed']) {
    it(`keeps the run that it has, ${state}, when a slower process assigns its own`, async () => {
      const { runId: slower } = await createOrchestrator(test.database, [hostPhase(test.database, 'daily')]).run({
        session: MONDAY,
      });
      await writeSlot(state, runId);

      await slots.assign(MONDAY, slower, AT);

      expect(await readSlot()).to.deep.equal([{ state, run: runId }]);
    });
  }

  it('is taken back from a process that skipped it before its run began', async () => {
    await writeSlot('skipped', null);

    await slots.assign(MONDAY, runId, AT);

    expect(await readSlot()).to.deep.equal([{ state: 'claimed', run: runId }]);
  });
});
