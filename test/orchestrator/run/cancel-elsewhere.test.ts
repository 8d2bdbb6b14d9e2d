import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database } from '../../../src/db/database.js';
import { MONDAY } from '../../support/market.js';
import { countStatements, ENDLESS, waitForStatement } from '../../support/statements.js';
import { createOrchestrator, hostPhase, readRuns } from '../host-phase.js';
import { useRuns } from './run-fixture.js';

describe('a run that another process cancels', () => {
  const given = useRuns();
  let other: Database;

  beforeEach(() => {
    other = Database.connect({ url: given.test.url, poolSize: 4, connectTimeoutMs: 5000 });
  });

  afterEach(async () => {
    await other.close();
  });

  const run = (work: (signal: AbortSignal) => Promise<unknown>) =>
    createOrchestrator(given.test.database, [
      hostPhase(given.test.database, 'first'),
      hostPhase(given.test.database, 'second', { ordinal: 2, work: async ({ signal }) => void (await work(signal)) }),
    ]).start({ session: MONDAY });

  for (const [title, work] of [
    [
      'in the middle of a statement',
      (signal: AbortSignal) => given.test.database.transaction(({ client }) => client.query(ENDLESS), signal),
    ],
    [
      'while it computes',
      async (signal: AbortSignal) => {
        while (!signal.aborted) await sleep(10);
        signal.throwIfAborted();
      },
    ],
  ] as const) {
    it(`${title} stops within two seconds, says who it was, and keeps what was completed`, async () => {
      const started = await run(work);
      if (title.includes('statement')) await waitForStatement(given.test.database, ENDLESS);

      const since = performance.now();
      const asked = await createOrchestrator(other, []).cancel('ann@desk');
      const result = await started.finished;

      expect(asked).to.equal(started.runId);
      expect(performance.now() - since).to.be.below(2000);
      expect(await countStatements(other, ENDLESS)).to.equal(0);
      expect(result.error).to.include({ code: 'EOD_CANCELLED', message: 'the run was cancelled by ann@desk' });
      expect(await readRuns(given.test.database)).to.deep.equal([
        { run: 'cancelled 1', phases: ['first completed', 'second cancelled'], error: 'EOD_CANCELLED' },
      ]);
    });
  }

  it('has the first of two requests on record', async () => {
    const started = await run(async (signal) => {
      while (!signal.aborted) await sleep(10);
      signal.throwIfAborted();
    });
    const orchestrator = createOrchestrator(other, []);
    await orchestrator.cancel('ann');
    await orchestrator.cancel('ben');
    await started.finished;

    const { rows } = await other.pool.query(
      'select cancelled_by, cancel_requested_at is not null as asked from pipeline.run',
    );
    expect(rows).to.deep.equal([{ cancelled_by: 'ann', asked: true }]);
  });

  it('is none where nothing runs', async () => {
    expect(await createOrchestrator(other, []).cancel('ann')).to.equal(undefined);
  });
});
