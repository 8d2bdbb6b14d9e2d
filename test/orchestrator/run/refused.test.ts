import { expect } from 'chai';
import { PipelineError, type ErrorCode } from '../../../src/core/errors.js';
import { readRuns } from '../../../src/history/runs.js';
import type { RunTrigger } from '../../../src/orchestrator/run/run-types.js';
import { createOrchestrator, hostPhase } from '../host-phase.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY } from '../../support/market.js';

describe('a run that is refused before it begins', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(() => test.drop());

  /** @returns what is recorded */
  async function refuse(code: ErrorCode, trigger: RunTrigger) {
    const refusal = new PipelineError(code, 'there is no file', { hint: 'wait for it' });
    const phase = hostPhase(test.database, 'import', { assertRunnable: () => Promise.reject(refusal) });
    const orchestrator = createOrchestrator(test.database, [phase]);
    const thrown: unknown = await orchestrator.start({ session: MONDAY, trigger }).catch((error: unknown) => error);
    expect(thrown).to.equal(refusal);
    return (await readRuns(test.database, { limit: 10 })).runs;
  }

  for (const trigger of ['manual', 'api'] as const) {
    for (const code of ['EOD_SOURCE_MISSING', 'EOD_SOURCE_INVALID', 'EOD_SOURCE_MISMATCH'] as const) {
      it(`by its source with ${code} is recorded as failed, for ${trigger}`, async () => {
        const [run] = await refuse(code, trigger);

        expect(run).to.include({ status: 'failed', session: MONDAY, trigger });
        expect(run?.error).to.deep.equal({ code, message: 'there is no file' });
        expect(run?.phases.map(({ status }) => status)).to.deep.equal(['cancelled']);
      });
    }
  }

  it('is no attempt, and leaves no lease: the next run is the first one', async () => {
    await refuse('EOD_SOURCE_MISSING', 'manual');
    await refuse('EOD_SOURCE_MISSING', 'manual');
    await createOrchestrator(test.database, [hostPhase(test.database, 'import')]).run({ session: MONDAY });

    const { runs } = await readRuns(test.database, { limit: 10 });
    expect(runs.map(({ status, attempt }) => [status, attempt])).to.deep.equal([
      ['completed', 1],
      ['failed', 1],
      ['failed', 1],
    ]);
    expect((await test.database.pool.query('select from pipeline.lease')).rowCount).to.equal(0);
  });

  it('writes no event: subscribers know of no run that began', async () => {
    await refuse('EOD_SOURCE_MISSING', 'api');

    expect((await test.database.pool.query('select from pipeline.outbox')).rowCount).to.equal(0);
  });

  for (const [code, trigger, why] of [
    ['EOD_SESSION_NOT_NEWEST', 'manual', 'for a mistake of its request'],
    ['EOD_SOURCE_MISSING', 'automatic', 'of the schedule, whose slot says what it waits for'],
    ['EOD_SOURCE_MISSING', 'backfill', 'of a backfill, which says so itself'],
  ] as const) {
    it(`is not recorded ${why}`, async () => {
      expect(await refuse(code, trigger)).to.deep.equal([]);
    });
  }
});
