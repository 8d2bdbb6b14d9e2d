import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { PipelineError } from '../../../src/core/errors.js';
import type { PhaseReport } from '../../../src/core/phase.js';
import { RunStore } from '../../../src/orchestrator/run/run-store.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY } from '../../support/market.js';
import { nextFence } from '../../support/next-fence.js';
import { waitForLock } from '../../support/wait-for-lock.js';
import { hostPhase, readRuns } from '../host-phase.js';

const AT = new Date('2026-06-22T21:00:00Z');
const REPORT: PhaseReport = { summary: 'done', changed: true, counters: {}, warnings: [], details: {} };
const OUTCOME = { counters: {}, totals: { symbolsProcessed: 0, symbolsFailed: 0, indicatorsCalculated: 0 } };

describe('a run that ends while it is taken for dead', () => {
  let test: TestDatabase;
  let store: RunStore;
  let run: { id: string; fence: string };

  beforeEach(async () => {
    test = await createTestDatabase();
    store = new RunStore(test.database);
    const phases = [hostPhase(test.database, 'first'), hostPhase(test.database, 'second', { ordinal: 2 })];
    const [id, fence] = [randomUUID(), await nextFence(test.database)];
    const started = {
      id,
      fence,
      session: MONDAY,
      trigger: 'manual' as const,
      mode: 'full' as const,
      force: false,
      recompute: false,
      owner: 'test',
      phases,
      configHash: 'test',
      codeVersion: 'test',
      input: '',
    };
    await store.start(started, AT);
    run = { id, fence };
  });

  afterEach(async () => {
    await test.drop();
  });

  const complete = (phase: string, client?: PoolClient): Promise<void> =>
    client
      ? store.completePhase(client, run, phase, REPORT, AT)
      : test.database.transaction((transaction) => store.completePhase(transaction.client, run, phase, REPORT, AT));
  /** Marks orphans while `work` is done but not yet committed. */
  const markDuring = async (work: (client: PoolClient) => Promise<unknown>): Promise<number> => {
    const ending = await test.database.connectClient();
    await ending.query('begin');
    await work(ending);
    const marking = store.markInterrupted(AT);
    await waitForLock(test.database);
    await ending.query('commit');
    ending.release();
    return marking;
  };

  it('keeps its own end', async () => {
    for (const phase of ['first', 'second']) await store.startPhase(run, phase, AT);
    await complete('first');

    const marked = await markDuring((client) =>
      client.query(`update pipeline.run set status = 'failed', finished_at = $1, error = '{"code": "EOD_INTERNAL"}'`, [
        AT,
      ]),
    );

    expect(marked).to.equal(0);
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'failed 1', phases: ['first completed', 'second running'], error: 'EOD_INTERNAL' },
    ]);
  });

  it('is completed when its last phase commits meanwhile', async () => {
    for (const phase of ['first', 'second']) await store.startPhase(run, phase, AT);
    await complete('first');

    const marked = await markDuring((client) => complete('second', client));

    expect(marked).to.equal(1);
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'completed 1', phases: ['first completed', 'second completed'], error: null },
    ]);
  });

  it('does not publish a phase that has been recorded as cancelled', async () => {
    await store.startPhase(run, 'first', AT);
    await store.failPhase(run, 'first', new PipelineError('EOD_CANCELLED', 'stopped'), AT);

    const refusal = await complete('first').catch((error: unknown) => error);

    expect(refusal).to.include({ code: 'EOD_FENCED' });
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'running 1', phases: ['first cancelled', 'second pending'], error: null },
    ]);
  });

  it('makes a process that would end it wait until its phase is published', async () => {
    await store.startPhase(run, 'first', AT);
    const publishing = await test.database.connectClient();
    await publishing.query('begin');
    await complete('first', publishing);

    const locked = await test.database.pool
      .query('select from pipeline.run where id = $1 for update nowait', [run.id])
      .catch((error: unknown) => error);
    await publishing.query('commit');
    publishing.release();
    const free = await test.database.pool.query('select from pipeline.run where id = $1 for update nowait', [run.id]);

    // lock_not_available
    expect(locked).to.include({ code: '55P03' });
    expect(free.rowCount).to.equal(1);
  });

  it('does not publish with the fence of another run', async () => {
    await store.startPhase(run, 'first', AT);
    const other = { ...run, fence: String(Number(run.fence) + 1) };

    const refusal = await test.database
      .transaction(({ client }) => store.completePhase(client, other, 'first', REPORT, AT))
      .catch((error: unknown) => error);

    expect(refusal).to.include({ code: 'EOD_FENCED' });
    expect([await store.isOwner(other), await store.isOwner(run)]).to.deep.equal([false, true]);
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'running 1', phases: ['first running', 'second pending'], error: null },
    ]);
  });

  it('leaves the phases of a run alone that has been ended by another process', async () => {
    await test.database.pool.query(`update pipeline.run set status = 'interrupted'`);

    await store.finish(run, 'cancelled', AT, OUTCOME);

    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'interrupted 1', phases: ['first pending', 'second pending'], error: null },
    ]);
  });
});
