import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PipelineError } from '../../../src/core/errors.js';
import type { Phase } from '../../../src/core/phase.js';
import { Database } from '../../../src/db/database.js';
import { ProgressTracker } from '../../../src/progress/tracker.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { startProxy } from '../../support/tcp-proxy.js';
import { countStatements, ENDLESS, waitForStatement } from '../../support/statements.js';
import { createOrchestrator, hostPhase, readRuns, readWork } from '../host-phase.js';

const refusalOf = (work: Promise<unknown>): Promise<PipelineError> =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as PipelineError,
  );

describe('a run', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('runs its phases in order and records who ran what, when, and from which configuration and code', async () => {
    const clock = { now: () => Date.parse('2026-06-22T21:00:00Z') };
    const phases = [
      hostPhase(test.database, 'second', { ordinal: 3 }),
      hostPhase(test.database, 'first', { ordinal: 2, held: true }),
    ];

    const result = await createOrchestrator(test.database, phases, { clock }).run({ session: MONDAY, trigger: 'api' });

    expect(result).to.include({ session: MONDAY, status: 'completed_with_holds' });
    expect(result.phases.map(({ id, status }) => [id, status])).to.deep.equal([
      ['first', 'completed_with_holds'],
      ['second', 'completed'],
    ]);
    expect(await readWork(test.database)).to.deep.equal(['2026-06-22 first', '2026-06-22 second']);
    const { rows } = await test.database.pool.query(
      `select id, session::text, trigger, force, phases, status, attempt, lease_owner, finished_at, counters, hashes, error
       from pipeline.run`,
    );
    expect(rows).to.deep.equal([
      {
        id: result.runId,
        session: MONDAY,
        trigger: 'api',
        force: false,
        phases: ['first', 'second'],
        status: 'completed_with_holds',
        attempt: 1,
        lease_owner: rows[0].lease_owner,
        finished_at: new Date('2026-06-22T21:00:00Z'),
        counters: { 'first.units': 1, 'second.units': 1 },
        hashes: { config: 'test-config', code: 'test-code' },
        error: null,
      },
    ]);
    expect(rows[0].lease_owner).to.match(new RegExp(`:${process.pid}$`));
  });

  it('fails when a phase takes longer than allowed, and its statement is stopped', async () => {
    const phases = [
      hostPhase(test.database, 'endless', {
        work: ({ signal }) =>
          test.database.transaction(async ({ client }) => void (await client.query('select pg_sleep(60)')), signal),
      }),
      hostPhase(test.database, 'next', { ordinal: 2 }),
    ];

    const result = await createOrchestrator(test.database, phases, { phaseTimeoutMs: 100 }).run({ session: MONDAY });

    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_PHASE_TIMEOUT' });
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'failed 1', phases: ['endless failed', 'next cancelled'], error: 'EOD_PHASE_TIMEOUT' },
    ]);
    const { rows } = await test.database.pool.query(
      `select from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)%' and state = 'active'
         and pid <> pg_backend_pid()`,
    );
    expect(rows).to.have.lengthOf(0);
  });

  it('is stored as it happens: running while its phase runs, the next one pending', async () => {
    let during: unknown;
    const phases = [
      hostPhase(test.database, 'first', {
        work: async () => {
          during = await readRuns(test.database);
        },
      }),
      hostPhase(test.database, 'second', { ordinal: 2 }),
    ];

    await createOrchestrator(test.database, phases).run({ session: MONDAY });

    expect(during).to.deep.equal([{ run: 'running 1', phases: ['first running', 'second pending'], error: null }]);
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'completed 1', phases: ['first completed', 'second completed'], error: null },
    ]);
  });

  it('stops at the first phase that fails, with its error, and keeps what the phases before it did', async () => {
    const phases = [
      hostPhase(test.database, 'first'),
      hostPhase(test.database, 'broken', { ordinal: 2, work: () => Promise.reject(new Error('no milk today')) }),
      hostPhase(test.database, 'third', { ordinal: 3 }),
    ];

    const result = await createOrchestrator(test.database, phases).run({ session: MONDAY });

    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_INTERNAL', message: 'no milk today' });
    expect(result.phases.map((phase) => phase.id)).to.deep.equal(['first', 'broken']);
    expect(await readWork(test.database)).to.deep.equal(['2026-06-22 first']);
    expect(await readRuns(test.database)).to.deep.equal([
      {
        run: 'failed 1',
        phases: ['first completed', 'broken failed', 'third cancelled'],
        error: 'EOD_INTERNAL',
      },
    ]);
    const { rows } = await test.database.pool.query(`select error from pipeline.phase_run where phase = 'broken'`);
    expect(rows[0].error).to.include({ code: 'EOD_INTERNAL', message: 'no milk today', retryable: false });
  });

  it('counts its attempts at a session', async () => {
    let failures = 2;
    const flaky = hostPhase(test.database, 'flaky', {
      work: () => ((failures -= 1) >= 0 ? Promise.reject(new Error('not yet')) : Promise.resolve()),
    });
    const orchestrator = createOrchestrator(test.database, [flaky]);

    for (let attempt = 0; attempt < 3; attempt += 1) await orchestrator.run({ session: MONDAY });
    await orchestrator.run({ session: TUESDAY });

    expect((await readRuns(test.database)).map((run) => run.run)).to.deep.equal([
      'failed 1',
      'failed 2',
      'completed 3',
      'completed 1',
    ]);
  });

  describe('whose phase needs one outside the plan', () => {
    const phasesOf = (database: TestDatabase['database']) => [
      hostPhase(database, 'import', { ordinal: 2 }),
      hostPhase(database, 'cache-sync', { ordinal: 2.5, needs: ['import'] }),
    ];

    it('is refused with the command to run when that has not completed for the session', async () => {
      const orchestrator = createOrchestrator(test.database, phasesOf(test.database));
      await orchestrator.run({ session: MONDAY });

      const refusal = await refusalOf(orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] }));

      expect(refusal).to.include({
        code: 'EOD_PHASE_NEEDS',
        message: 'cache-sync needs import, which has not completed for 2026-06-23',
        hint: 'run `tickstock run --session 2026-06-23 --phase import cache-sync`',
      });
      expect(await readRuns(test.database)).to.have.length(1);
    });

    it('is refused when that phase was tried and failed', async () => {
      const failing = hostPhase(test.database, 'import', { work: () => Promise.reject(new Error('no feed')) });
      const needing = hostPhase(test.database, 'cache-sync', { ordinal: 2, needs: ['import'] });
      const orchestrator = createOrchestrator(test.database, [failing, needing]);
      await orchestrator.run({ session: MONDAY });

      const refusal = await refusalOf(orchestrator.run({ session: MONDAY, phases: ['cache-sync'] }));

      expect(refusal).to.include({ code: 'EOD_PHASE_NEEDS' });
    });

    it('runs when that has completed in an earlier run, with holds or without', async () => {
      const held = hostPhase(test.database, 'import', { held: true });
      const needing = hostPhase(test.database, 'cache-sync', { ordinal: 2, needs: ['import'] });
      const orchestrator = createOrchestrator(test.database, [held, needing]);
      await orchestrator.run({ session: MONDAY, phases: ['import'] });

      const result = await orchestrator.run({ session: MONDAY, phases: ['cache-sync'] });

      expect(result.status).to.equal('completed');
    });
  });

  it('is refused before any work when one of its phases refuses the session', async () => {
    const phases = [
      hostPhase(test.database, 'first'),
      hostPhase(test.database, 'choosy', {
        ordinal: 2,
        assertRunnable: () => Promise.reject(new Error('not on a Monday')),
      }),
    ];

    const refusal = await refusalOf(createOrchestrator(test.database, phases).run({ session: MONDAY }));

    expect(refusal).to.have.property('message', 'not on a Monday');
    expect(await readWork(test.database)).to.deep.equal([]);
    expect(await readRuns(test.database)).to.deep.equal([]);
  });

  describe('that is cancelled', () => {
    it('in the middle of a statement stops it, and the next run continues', async () => {
      const controller = new AbortController();
      const slow = hostPhase(test.database, 'slow', {
        ordinal: 2,
        work: (context) =>
          context.force
            ? Promise.resolve()
            : test.database.transaction(async ({ client }) => {
                void waitForStatement(test.database, ENDLESS).then(() => controller.abort());
                await client.query(ENDLESS);
              }, context.signal),
      });
      const orchestrator = createOrchestrator(test.database, [
        hostPhase(test.database, 'first'),
        slow,
        hostPhase(test.database, 'third', { ordinal: 3 }),
      ]);

      const result = await orchestrator.run({ session: MONDAY, signal: controller.signal });

      expect(await countStatements(test.database, ENDLESS)).to.equal(0);
      expect(result).to.have.nested.property('error.code', 'EOD_CANCELLED');
      expect(await readRuns(test.database)).to.deep.equal([
        {
          run: 'cancelled 1',
          phases: ['first completed', 'slow cancelled', 'third cancelled'],
          error: 'EOD_CANCELLED',
        },
      ]);
      expect((await orchestrator.run({ session: MONDAY, force: true })).status).to.equal('completed');
    });

    it('between two statements does not send the rest of them', async () => {
      const controller = new AbortController();
      const sent: string[] = [];
      const slow = hostPhase(test.database, 'slow', {
        work: (context) =>
          test.database.transaction(async ({ client }) => {
            for (const statement of ['select 1', ENDLESS, 'select 2']) {
              sent.push(statement);
              await client.query(statement);
              if (statement !== 'select 1') continue;
              // The phase computes something while it is cancelled: there is no statement under way to cancel.
              controller.abort();
              await sleep(200);
            }
          }, context.signal),
      });

      const result = await createOrchestrator(test.database, [slow]).run({
        session: MONDAY,
        signal: controller.signal,
      });

      expect(result.status).to.equal('cancelled');
      expect(sent).to.deep.equal(['select 1', ENDLESS]);
      expect(await countStatements(test.database, ENDLESS)).to.equal(0);
    });

    it('before it starts does nothing, and is recorded as cancelled', async () => {
      const result = await createOrchestrator(test.database, [hostPhase(test.database, 'first')]).run({
        session: MONDAY,
        signal: AbortSignal.abort(),
      });

      expect(result.status).to.equal('cancelled');
      expect(await readWork(test.database)).to.deep.equal([]);
      expect(await readRuns(test.database)).to.deep.equal([
        { run: 'cancelled 1', phases: ['first cancelled'], error: 'EOD_CANCELLED' },
      ]);
    });

    it('at any moment leaves no phase recorded as running and no statement of the next run cancelled', async () => {
      for (let round = 0; round < 30; round += 1) {
        const controller = new AbortController();
        const quick = hostPhase(test.database, 'quick', {
          work: (context) =>
            test.database.transaction(async ({ client }) => {
              setTimeout(() => controller.abort(), round / 10);
              await client.query('select pg_sleep(0.002)');
            }, context.signal),
        });
        const result = await createOrchestrator(test.database, [quick]).run({
          session: MONDAY,
          signal: controller.signal,
        });
        const { rows } = await test.database.pool.query<{ status: string }>(
          'select status from pipeline.phase_run where run_id = $1',
          [result.runId],
        );
        expect(rows).to.deep.equal([{ status: result.status }]);
      }
    });
  });

  it('whose database connections are lost in the middle fails as unavailable, and the next run continues', async () => {
    const dies = hostPhase(test.database, 'dies', {
      work: (context) =>
        context.force
          ? Promise.resolve()
          : test.database.transaction(async ({ client }) => {
              await client.query(
                `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
              );
              await client.query('select pg_terminate_backend(pg_backend_pid())');
            }),
    });
    const orchestrator = createOrchestrator(test.database, [dies]);

    const result = await orchestrator.run({ session: MONDAY });
    const next = await orchestrator.run({ session: MONDAY, force: true });

    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(next.status).to.equal('completed');
    const runs = await readRuns(test.database);
    expect(runs[0]?.run).to.be.oneOf(['failed 1', 'interrupted 1']);
    expect(runs[1]).to.deep.equal({ run: 'completed 2', phases: ['dies completed'], error: null });
  });

  it("whose phase's own query loses its connection fails as unavailable too", async () => {
    const dies = hostPhase(test.database, 'dies', {
      work: async () => {
        await test.database.pool.query('select pg_terminate_backend(pg_backend_pid())');
      },
    });

    const result = await createOrchestrator(test.database, [dies]).run({ session: MONDAY });

    expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
  });

  it('whose end cannot be recorded says so, and ends for those who follow it all the same', async () => {
    const { hostname, port } = new URL(test.url);
    const proxy = await startProxy({ host: hostname, port: Number(port) });
    const url = Object.assign(new URL(test.url), { hostname: '127.0.0.1', port: String(proxy.port) }).href;
    const database = Database.connect({ url, poolSize: 4, connectTimeoutMs: 500 });
    const tracker = new ProgressTracker({ now: () => 0 });
    const phase = hostPhase(database, 'last');
    const run: Phase['run'] = async (context) => {
      const report = await phase.run(context);
      await proxy.cut();
      return report;
    };

    const error = await refusalOf(
      createOrchestrator(database, [{ ...phase, run }], { tracker }).run({ session: MONDAY }),
    );
    await database.close();
    await proxy.close();

    expect(error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(tracker.snapshot()?.status).to.equal('completed');
    expect(await readRuns(test.database)).to.deep.equal([
      { run: 'running 1', phases: ['last completed'], error: null },
    ]);
  });

  it('tells the tracker of every phase and of its end', async () => {
    const tracker = new ProgressTracker({ now: () => 0 });
    const events: string[] = [];
    tracker.subscribe((event) => {
      if (event.type === 'phase-finished' || event.type === 'run-finished')
        events.push(`${event.type} ${event.status}`);
    });
    const phases = [
      hostPhase(test.database, 'first'),
      hostPhase(test.database, 'broken', { ordinal: 2, work: () => Promise.reject(new Error('no')) }),
    ];

    await createOrchestrator(test.database, phases, { tracker }).run({ session: MONDAY });

    expect(events).to.deep.equal(['phase-finished completed', 'phase-finished failed', 'run-finished failed']);
  });

  it('many times over leaves no listeners behind on its connections', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', listen);
    const orchestrator = createOrchestrator(test.database, [hostPhase(test.database, 'first')]);

    for (let run = 0; run < 15; run += 1) await orchestrator.run({ session: MONDAY });
    await sleep(1);
    process.off('warning', listen);

    expect(warnings).to.deep.equal([]);
  });
});
