import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { PhaseContext } from '../../../src/core/phase.js';
import { acquireLease } from '../../../src/db/lease.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { nextFence } from '../../support/next-fence.js';
import { countStatements } from '../../support/statements.js';
import { createOrchestrator, hostPhase, readRuns, readWork } from '../host-phase.js';
import { useRuns } from './run-fixture.js';

const SHORT = { heartbeatMs: 50, expiryMs: 300 };

describe('the lease of a run', () => {
  const given = useRuns();
  const query = async <Row extends object>(text: string): Promise<Row[]> =>
    (await given.test.database.pool.query<Row>(text)).rows;
  const readLease = () =>
    query<{ owner: string; left: boolean }>(`select owner, expires_at > now() as left from pipeline.lease`);
  /** As if its owner had died: it renews no more. */
  const expireLease = () =>
    query(`update pipeline.lease set fence = 0, machine = null, expires_at = clock_timestamp()`);

  it('is renewed for as long as the run takes, and given back at its end', async () => {
    const found: unknown[] = [];
    const slow = hostPhase(given.test.database, 'slow', {
      work: async () => {
        await sleep(SHORT.expiryMs * 3);
        found.push(...(await readLease()).map(({ left }) => left));
      },
    });

    const result = await createOrchestrator(given.test.database, [slow], { lease: SHORT }).run({ session: MONDAY });

    expect(result.status).to.equal('completed');
    expect(found).to.deep.equal([true]);
    expect(await readLease()).to.deep.equal([]);
  });

  it('is given back in the transaction that stores the end', async () => {
    const left: unknown[] = [];
    const orchestrator = createOrchestrator(given.test.database, [hostPhase(given.test.database, 'first')]);
    const finish = orchestrator.store.finish.bind(orchestrator.store);
    orchestrator.store.finish = async (...all) => {
      await finish(...all);
      left.push(...(await readLease()));
    };

    await orchestrator.run({ session: MONDAY });

    expect(left).to.deep.equal([]);
  });

  it('that has expired is renewed by its owner if no other process wants it', async () => {
    const lease = await acquireLease(given.test.database, 'run', { heartbeatMs: 100, expiryMs: 300 });
    await query(`update pipeline.lease set expires_at = clock_timestamp() - interval '1 hour'`);
    await sleep(400);

    expect((await readLease()).map(({ left }) => left)).to.deep.equal([true]);
    expect(lease.signal.aborted).to.equal(false);
    await lease.release();
  });

  it('is not in the way of a database in which a run is recorded as running, but has none', async () => {
    await createOrchestrator(given.test.database, [hostPhase(given.test.database, 'first')]).run({ session: MONDAY });
    await query(`update pipeline.run set status = 'running'`);

    const result = await createOrchestrator(given.test.database, [hostPhase(given.test.database, 'first')]).run({
      session: TUESDAY,
    });

    expect(result.status).to.equal('completed');
  });

  describe('that another process has taken over', () => {
    const run = (work: (context: PhaseContext) => Promise<void>) =>
      createOrchestrator(given.test.database, [hostPhase(given.test.database, 'first', { work })], {
        lease: SHORT,
      }).run({
        session: MONDAY,
      });

    it('ends the run of the former owner, which says so and records nothing', async () => {
      const result = await run(async ({ signal }) => {
        await query('update pipeline.run set fence = fence + 1000');
        await query('update pipeline.lease set fence = fence + 1000');
        await sleep(5000, undefined, { signal }).catch(() => undefined);
        signal.throwIfAborted();
      });

      expect(result).to.include({ status: 'failed' });
      expect(result.error).to.include({ code: 'EOD_FENCED' });
      expect(await readRuns(given.test.database)).to.deep.equal([
        { run: 'running 1', phases: ['first running'], error: null },
      ]);
    });

    it('makes each of its transactions that writes fail', async () => {
      let refusal: unknown;
      const result = await run(async (context) => {
        await query('update pipeline.run set fence = fence + 1000');
        refusal = await given.test.database
          .transaction(({ client }) => context.assertOwner(client))
          .catch((error: unknown) => error);
      });

      expect(refusal).to.include({ code: 'EOD_FENCED' });
      expect(result.error).to.include({ code: 'EOD_FENCED' });
      expect(await readWork(given.test.database)).to.deep.equal([]);
    });

    it('is not given back by the former owner', async () => {
      await run(async () => {
        await query('update pipeline.lease set fence = fence + 1000');
      });

      expect(await readLease()).to.have.length(1);
    });
  });

  describe('of a process that is killed', () => {
    let holder: ChildProcess;

    beforeEach(async () => {
      const script = fileURLToPath(new URL('holding-process.ts', import.meta.url));
      holder = spawn(process.execPath, ['--import', 'tsx', script, given.test.url, MONDAY], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(holder.stdout as NodeJS.ReadableStream, 'data');
    });

    afterEach(() => {
      holder.kill('SIGKILL');
    });

    const createSuccessor = (configHash = 'test-config') =>
      createOrchestrator(
        given.test.database,
        [hostPhase(given.test.database, 'endless'), hostPhase(given.test.database, 'later', { ordinal: 2 })],
        { configHash },
      );
    const die = async (): Promise<void> => {
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;
    };

    it('is left alone while that process lives', async () => {
      const { nextMs, ...found } = await createSuccessor().recover();

      expect(found).to.deep.equal({ ended: 0 });
      expect(nextMs).to.be.within(10_000, 20_000);
    });

    it('is taken over at once on the same machine: the run is resumed, and its open transaction is gone', async () => {
      await die();

      const { resumed } = await createSuccessor().recover();
      const result = await resumed?.finished;

      expect(result?.status).to.equal('completed');
      expect(await countStatements(given.test.database, 'select pg_sleep(600)')).to.equal(0);
      expect(await readRuns(given.test.database)).to.deep.equal([
        { run: 'completed 1', phases: ['endless completed'], error: null },
      ]);
      expect(await query('select takeovers from pipeline.run')).to.deep.equal([{ takeovers: 1 }]);
      expect(await query(`select to_regclass('half_done') as found`)).to.deep.equal([{ found: null }]);
      expect(await readLease()).to.deep.equal([]);
    });

    it('is taken over by one of many that try at the same moment', async () => {
      await die();

      const attempts = await Promise.allSettled([1, 2, 3, 4].map(() => createSuccessor().recover()));
      const resumed = attempts.flatMap((each) =>
        each.status === 'fulfilled' && each.value.resumed ? [each.value.resumed] : [],
      );
      await Promise.all(resumed.map(({ finished }) => finished));

      expect(resumed).to.have.length(1);
      expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 endless']);
    });

    it('is taken over when it expires if that process cannot be seen from here', async () => {
      await query(
        `update pipeline.lease set machine = 'another', expires_at = clock_timestamp() + interval '0.5 seconds'`,
      );
      await die();

      const early = await createSuccessor().recover();
      await sleep(600);
      const late = await createSuccessor().recover();
      await late.resumed?.finished;

      expect([early.resumed, late.resumed?.session]).to.deep.equal([undefined, MONDAY]);
    });

    it('is taken over from a process that is only suspended, whose transaction does not keep its locks', async () => {
      holder.kill('SIGSTOP');
      await query('update pipeline.lease set expires_at = clock_timestamp()');

      const { resumed } = await createSuccessor().recover();
      const result = await resumed?.finished;
      holder.kill('SIGCONT');
      // Its statement fails at once; what it would write after that is refused.
      await sleep(500);

      expect(result?.status).to.equal('completed');
      expect(await readRuns(given.test.database)).to.deep.equal([
        { run: 'completed 1', phases: ['endless completed'], error: null },
      ]);
    });
  });

  describe('of a run that is left and cannot be resumed', () => {
    const createSuccessor = (configHash = 'test-config') =>
      createOrchestrator(given.test.database, [hostPhase(given.test.database, 'endless')], { configHash });

    beforeEach(async () => {
      const { store } = createSuccessor();
      const [id, fence] = [randomUUID(), await nextFence(given.test.database)];
      const phases = [hostPhase(given.test.database, 'endless')];
      const rest = { trigger: 'manual', mode: 'full', force: false, recompute: false } as const;
      const owner = { owner: 'gone', configHash: 'test-config', codeVersion: 'test', input: '' };
      await store.start({ id, fence, session: MONDAY, phases, ...rest, ...owner }, new Date());
      await store.startPhase({ id, fence }, 'endless', new Date());
    });

    it('ends as failed after three attempts', async () => {
      await query('update pipeline.run set takeovers = 2');

      const found = await createSuccessor().recover();

      expect(found).to.deep.equal({ ended: 1 });
      expect(await readRuns(given.test.database)).to.deep.equal([
        { run: 'failed 1', phases: ['endless failed'], error: 'EOD_INTERRUPTED' },
      ]);
    });

    it('ends as cancelled if that was asked for', async () => {
      await query(`update pipeline.run set cancelled_by = 'ann'`);

      await createSuccessor().recover();

      expect(await readRuns(given.test.database)).to.deep.equal([
        { run: 'cancelled 1', phases: ['endless cancelled'], error: 'EOD_CANCELLED' },
      ]);
    });

    it('ends as interrupted where another source would be imported, unless the import is done', async () => {
      await query(`update pipeline.run set request = '{"recompute": false, "input": "screener /data"}'`);
      await query(`update pipeline.phase_run set phase = 'import'`);

      expect(await createSuccessor().recover()).to.deep.equal({ ended: 1 });
    });

    it('ends as interrupted where another configuration would continue another run', async () => {
      expect(await createSuccessor('another').recover()).to.deep.equal({ ended: 1 });
      expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal(['interrupted 1']);
    });
  });

  it('of a run that is resumed keeps what was completed', async () => {
    const phases = (work?: () => Promise<void>) => [
      hostPhase(given.test.database, 'first', { report: { counters: { symbols: 7 } } }),
      hostPhase(given.test.database, 'second', { ordinal: 2, ...(work && { work }) }),
    ];
    const dying = createOrchestrator(
      given.test.database,
      phases(() => new Promise(() => undefined)),
    );
    void dying.run({ session: MONDAY, recompute: true });
    while ((await readWork(given.test.database)).length === 0) await sleep(10);
    while ((await query(`select from pipeline.phase_run where phase = 'second' and status = 'running'`)).length === 0)
      await sleep(10);
    await expireLease();
    const recomputed: boolean[] = [];
    const second = hostPhase(given.test.database, 'second', {
      ordinal: 2,
      work: async ({ recompute }) => void recomputed.push(recompute),
    });

    const { resumed } = await createOrchestrator(given.test.database, [...phases().slice(0, 1), second]).recover();
    const result = await resumed?.finished;

    expect(result?.phases.map(({ id, status, report }) => `${id} ${status}: ${report?.summary}`)).to.deep.equal([
      'first completed: first is done',
      'second completed: second is done',
    ]);
    expect(recomputed).to.deep.equal([true]);
    expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 first', '2026-06-22 second']);
    expect(await query(`select report -> 'symbolsProcessed' as symbols from pipeline.run`)).to.deep.equal([
      { symbols: 7 },
    ]);
  });
});
