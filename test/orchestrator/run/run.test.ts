import { expect } from 'chai';
import { ProgressTracker } from '../../../src/progress/tracker.js';
import type { TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { createOrchestrator, hostPhase, readRuns, readWork } from '../host-phase.js';
import { useRuns, refusalOf } from './run-fixture.js';

describe('a run', () => {
  const given = useRuns();

  it('runs its phases in order and records who ran what, when, and from which configuration and code', async () => {
    const clock = { now: () => Date.parse('2026-06-22T21:00:00Z') };
    const phases = [
      hostPhase(given.test.database, 'second', { ordinal: 3 }),
      hostPhase(given.test.database, 'first', { ordinal: 2, held: true }),
    ];

    const result = await createOrchestrator(given.test.database, phases, { clock }).run({
      session: MONDAY,
      trigger: 'api',
    });

    expect(result).to.include({ session: MONDAY, status: 'completed_with_holds' });
    expect(result.phases.map(({ id, status }) => [id, status])).to.deep.equal([
      ['first', 'completed_with_holds'],
      ['second', 'completed'],
    ]);
    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 first', '2026-06-22 second']);
    const { rows } = await given.test.database.pool.query(
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
      hostPhase(given.test.database, 'endless', {
        work: ({ signal }) =>
          given.test.database.transaction(
            async ({ client }) => void (await client.query('select pg_sleep(60)')),
            signal,
          ),
      }),
      hostPhase(given.test.database, 'next', { ordinal: 2 }),
    ];

    const result = await createOrchestrator(given.test.database, phases, { phaseTimeoutMs: 100 }).run({
      session: MONDAY,
    });

    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_PHASE_TIMEOUT' });
    expect(await readRuns(given.test.database)).to.deep.equal([
      { run: 'failed 1', phases: ['endless failed', 'next cancelled'], error: 'EOD_PHASE_TIMEOUT' },
    ]);
    const { rows } = await given.test.database.pool.query(
      `select from pg_stat_activity where datname = current_database() and query like '%pg_sleep(60)%' and state = 'active'
         and pid <> pg_backend_pid()`,
    );
    expect(rows).to.have.lengthOf(0);
  });

  it('is stored as it happens: running while its phase runs, the next one pending', async () => {
    let during: unknown;
    const phases = [
      hostPhase(given.test.database, 'first', {
        work: async () => {
          during = await readRuns(given.test.database);
        },
      }),
      hostPhase(given.test.database, 'second', { ordinal: 2 }),
    ];

    await createOrchestrator(given.test.database, phases).run({ session: MONDAY });

    expect(during).to.deep.equal([{ run: 'running 1', phases: ['first running', 'second pending'], error: null }]);
    expect(await readRuns(given.test.database)).to.deep.equal([
      { run: 'completed 1', phases: ['first completed', 'second completed'], error: null },
    ]);
  });

  it('stops at the first phase that fails, with its error, and keeps what the phases before it did', async () => {
    const phases = [
      hostPhase(given.test.database, 'first'),
      hostPhase(given.test.database, 'broken', { ordinal: 2, work: () => Promise.reject(new Error('no milk today')) }),
      hostPhase(given.test.database, 'third', { ordinal: 3 }),
    ];

    const result = await createOrchestrator(given.test.database, phases).run({ session: MONDAY });

    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_INTERNAL', message: 'no milk today' });
    expect(result.phases.map((phase) => phase.id)).to.deep.equal(['first', 'broken']);
    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 first']);
    expect(await readRuns(given.test.database)).to.deep.equal([
      {
        run: 'failed 1',
        phases: ['first completed', 'broken failed', 'third cancelled'],
        error: 'EOD_INTERNAL',
      },
    ]);
    const { rows } = await given.test.database.pool.query(
      `select error from pipeline.phase_run where phase = 'broken'`,
    );
    expect(rows[0].error).to.include({ code: 'EOD_INTERNAL', message: 'no milk today', retryable: false });
  });

  it('counts its attempts at a session', async () => {
    let failures = 2;
    const flaky = hostPhase(given.test.database, 'flaky', {
      work: () => ((failures -= 1) >= 0 ? Promise.reject(new Error('not yet')) : Promise.resolve()),
    });
    const orchestrator = createOrchestrator(given.test.database, [flaky]);

    for (let attempt = 0; attempt < 3; attempt += 1) await orchestrator.run({ session: MONDAY });
    await orchestrator.run({ session: TUESDAY });

    expect((await readRuns(given.test.database)).map((run) => run.run)).to.deep.equal([
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
      const orchestrator = createOrchestrator(given.test.database, phasesOf(given.test.database));
      await orchestrator.run({ session: MONDAY });

      const refusal = await refusalOf(orchestrator.run({ session: TUESDAY, phases: ['cache-sync'] }));

      expect(refusal).to.include({
        code: 'EOD_PHASE_NEEDS',
        message: 'cache-sync needs import, which has not completed for 2026-06-23',
        hint: 'run `tickstock run --session 2026-06-23 --phase import cache-sync`',
      });
      expect(await readRuns(given.test.database)).to.have.length(1);
    });

    it('is refused when that phase was tried and failed', async () => {
      const failing = hostPhase(given.test.database, 'import', { work: () => Promise.reject(new Error('no feed')) });
      const needing = hostPhase(given.test.database, 'cache-sync', { ordinal: 2, needs: ['import'] });
      const orchestrator = createOrchestrator(given.test.database, [failing, needing]);
      await orchestrator.run({ session: MONDAY });

      const refusal = await refusalOf(orchestrator.run({ session: MONDAY, phases: ['cache-sync'] }));

      expect(refusal).to.include({ code: 'EOD_PHASE_NEEDS' });
    });

    it('runs when that has completed in an earlier run, with holds or without', async () => {
      const held = hostPhase(given.test.database, 'import', { held: true });
      const needing = hostPhase(given.test.database, 'cache-sync', { ordinal: 2, needs: ['import'] });
      const orchestrator = createOrchestrator(given.test.database, [held, needing]);
      await orchestrator.run({ session: MONDAY, phases: ['import'] });

      const result = await orchestrator.run({ session: MONDAY, phases: ['cache-sync'] });

      expect(result.status).to.equal('completed');
    });
  });

  it('is refused before any work when one of its phases refuses the session', async () => {
    const phases = [
      hostPhase(given.test.database, 'first'),
      hostPhase(given.test.database, 'choosy', {
        ordinal: 2,
        assertRunnable: () => Promise.reject(new Error('not on a Monday')),
      }),
    ];

    const refusal = await refusalOf(createOrchestrator(given.test.database, phases).run({ session: MONDAY }));

    expect(refusal).to.have.property('message', 'not on a Monday');
    expect(await readWork(given.test.database)).to.deep.equal([]);
    expect(await readRuns(given.test.database)).to.deep.equal([]);
  });

  it('tells the tracker of every phase and of its end', async () => {
    const tracker = new ProgressTracker({ now: () => 0 });
    const events: string[] = [];
    tracker.subscribe((event) => {
      if (event.type === 'phase-finished' || event.type === 'run-finished')
        events.push(`${event.type} ${event.status}`);
    });
    const phases = [
      hostPhase(given.test.database, 'first'),
      hostPhase(given.test.database, 'broken', { ordinal: 2, work: () => Promise.reject(new Error('no')) }),
    ];

    await createOrchestrator(given.test.database, phases, { tracker }).run({ session: MONDAY });

    expect(events).to.deep.equal(['phase-finished completed', 'phase-finished failed', 'run-finished failed']);
  });
});
