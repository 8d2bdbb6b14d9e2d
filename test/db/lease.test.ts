import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { PipelineError } from '../../src/core/errors.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, TUESDAY } from '../support/market.js';
import { createOrchestrator, hostPhase, readRuns, readWork } from '../orchestrator/host-phase.js';

describe('the run lock', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('refuses a second run while one is under way, naming it, its owner and since when', async () => {
    const clock = { now: () => Date.parse('2026-06-22T21:05:00Z') };
    let refusal: PipelineError | undefined;
    const other = createOrchestrator(test.database, [hostPhase(test.database, 'first')]);
    const busy = hostPhase(test.database, 'busy', {
      work: async () => {
        refusal = await other.run({ session: TUESDAY }).then(
          () => undefined,
          (error: unknown) => error as PipelineError,
        );
      },
    });

    const result = await createOrchestrator(test.database, [busy], { clock }).run({ session: MONDAY });

    expect(refusal).to.include({ code: 'EOD_RUN_LOCKED', retryable: true });
    expect(refusal?.message).to.equal(
      `another run is under way: run ${result.runId} for 2026-06-22 by ${hostname()}:${process.pid}, since 2026-06-22T21:05:00Z`,
    );
    expect(result.status).to.equal('completed');
    expect(await readWork(test.database)).to.deep.equal(['2026-06-22 busy']);
    expect(await readRuns(test.database)).to.have.length(1);
    expect((await other.run({ session: TUESDAY })).status).to.equal('completed');
  });

  it('lets exactly one of many runs started at once go on', async () => {
    const orchestrator = createOrchestrator(test.database, [
      hostPhase(test.database, 'first', { work: () => new Promise((resolve) => setTimeout(resolve, 200)) }),
    ]);

    const outcomes = await Promise.allSettled([1, 2, 3].map(() => orchestrator.run({ session: MONDAY })));

    const refused = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as PipelineError] : [],
    );
    expect(refused.map((error) => error.code)).to.deep.equal(['EOD_RUN_LOCKED', 'EOD_RUN_LOCKED']);
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'completed 1', phases: ['first completed'], error: null },
    ]);
  });

  it('is free again after a run that was refused or failed', async () => {
    const failing = createOrchestrator(test.database, [
      hostPhase(test.database, 'first', { work: () => Promise.reject(new Error('no')) }),
      hostPhase(test.database, 'second', { ordinal: 2, needs: ['absent'] }),
    ]);
    const good = createOrchestrator(test.database, [hostPhase(test.database, 'first')]);

    await failing.run({ session: MONDAY }).catch(() => undefined);
    await failing.run({ session: MONDAY, phases: ['first'] });

    expect((await good.run({ session: MONDAY })).status).to.equal('completed');
  });

  describe('of a process that is killed', () => {
    let holder: ChildProcess;
    let runId: string;

    beforeEach(async () => {
      const script = fileURLToPath(new URL('../orchestrator/run/holding-process.ts', import.meta.url));
      holder = spawn(process.execPath, ['--import', 'tsx', script, test.url, MONDAY], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(holder.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
      runId = line.toString().trim();
    });

    afterEach(() => {
      holder.kill('SIGKILL');
    });

    it('is dropped, and the next run marks what it left as interrupted', async () => {
      const orchestrator = createOrchestrator(test.database, [hostPhase(test.database, 'first')]);
      const refusal: unknown = await orchestrator.run({ session: MONDAY }).catch((error: unknown) => error);

      holder.kill('SIGKILL');
      await once(holder, 'exit');
      await backendsOfHolderEnd(test);
      const result = await orchestrator.run({ session: MONDAY });

      expect(refusal).to.include({ code: 'EOD_RUN_LOCKED' });
      expect(refusal).to.have.property('message').that.includes(runId).and.includes(`:${holder.pid}`);
      expect(result.status).to.equal('completed');
      expect(await readRuns(test.database)).to.deep.equal([
        { run: 'interrupted 1', phases: ['endless interrupted'], error: 'EOD_INTERRUPTED' },
        { run: 'completed 2', phases: ['first completed'], error: null },
      ]);
      const { rows } = await test.database.pool.query(`select to_regclass('half_done') as half_done`);
      expect(rows).to.deep.equal([{ half_done: null }]);
    });
  });
});

/** The server notices a dead client when it next writes to it; a sleeping statement has to be ended for that. */
async function backendsOfHolderEnd(test: TestDatabase): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { rows } = await test.database.pool.query<{ count: number }>(
      `select count(pg_cancel_backend(pid))::int as count from pg_stat_activity
       where datname = current_database() and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`,
    );
    const locks = await test.database.pool.query(
      `select from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
    );
    if (rows[0]?.count === 0 && locks.rowCount === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
