import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Phase } from '../../../src/core/phase.js';
import { Database } from '../../../src/db/database.js';
import { ProgressTracker } from '../../../src/progress/tracker.js';
import { MONDAY } from '../../support/market.js';
import { startProxy } from '../../support/tcp-proxy.js';
import { countStatements, ENDLESS, waitForStatement } from '../../support/statements.js';
import { createOrchestrator, hostPhase, readRuns, readWork } from '../host-phase.js';
import { useRuns, refusalOf } from './run-fixture.js';

describe('a run that is interrupted', () => {
  const given = useRuns();

  describe('that is cancelled', () => {
    it('in the middle of a statement stops it, and the next run continues', async () => {
      const controller = new AbortController();
      const slow = hostPhase(given.test.database, 'slow', {
        ordinal: 2,
        work: (context) =>
          context.force
            ? Promise.resolve()
            : given.test.database.transaction(async ({ client }) => {
                void waitForStatement(given.test.database, ENDLESS).then(() => controller.abort());
                await client.query(ENDLESS);
              }, context.signal),
      });
      const orchestrator = createOrchestrator(given.test.database, [
        hostPhase(given.test.database, 'first'),
        slow,
        hostPhase(given.test.database, 'third', { ordinal: 3 }),
      ]);

      const result = await orchestrator.run({ session: MONDAY, signal: controller.signal });

      expect(await countStatements(given.test.database, ENDLESS)).to.equal(0);
      expect(result).to.have.nested.property('error.code', 'EOD_CANCELLED');
      expect(await readRuns(given.test.database)).to.deep.equal([
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
      const slow = hostPhase(given.test.database, 'slow', {
        work: (context) =>
          given.test.database.transaction(async ({ client }) => {
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

      const result = await createOrchestrator(given.test.database, [slow]).run({
        session: MONDAY,
        signal: controller.signal,
      });

      expect(result.status).to.equal('cancelled');
      expect(sent).to.deep.equal(['select 1', ENDLESS]);
      expect(await countStatements(given.test.database, ENDLESS)).to.equal(0);
    });

    it('before it starts does nothing, and is recorded as cancelled', async () => {
      const result = await createOrchestrator(given.test.database, [hostPhase(given.test.database, 'first')]).run({
        session: MONDAY,
        signal: AbortSignal.abort(),
      });

      expect(result.status).to.equal('cancelled');
      expect(await readWork(given.test.database)).to.deep.equal([]);
      expect(await readRuns(given.test.database)).to.deep.equal([
        { run: 'cancelled 1', phases: ['first cancelled'], error: 'EOD_CANCELLED' },
      ]);
    });

    it('at any moment leaves no phase recorded as running and no statement of the next run cancelled', async () => {
      for (let round = 0; round < 30; round += 1) {
        const controller = new AbortController();
        const quick = hostPhase(given.test.database, 'quick', {
          work: (context) =>
            given.test.database.transaction(async ({ client }) => {
              setTimeout(() => controller.abort(), round / 10);
              await client.query('select pg_sleep(0.002)');
            }, context.signal),
        });
        const result = await createOrchestrator(given.test.database, [quick]).run({
          session: MONDAY,
          signal: controller.signal,
        });
        const { rows } = await given.test.database.pool.query<{ status: string }>(
          'select status from pipeline.phase_run where run_id = $1',
          [result.runId],
        );
        expect(rows).to.deep.equal([{ status: result.status }]);
      }
    });
  });

  it('whose database connections are lost in the middle fails as unavailable, and the next run continues', async () => {
    const dies = hostPhase(given.test.database, 'dies', {
      work: (context) =>
        context.force
          ? Promise.resolve()
          : given.test.database.transaction(async ({ client }) => {
              await client.query(
                `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
              );
              await client.query('select pg_terminate_backend(pg_backend_pid())');
            }),
    });
    const orchestrator = createOrchestrator(given.test.database, [dies]);

    const result = await orchestrator.run({ session: MONDAY });
    const next = await orchestrator.run({ session: MONDAY, force: true });

    expect(result.status).to.equal('failed');
    expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
    expect(next.status).to.equal('completed');
    const runs = await readRuns(given.test.database);
    expect(runs[0]?.run).to.be.oneOf(['failed 1', 'interrupted 1']);
    expect(runs[1]).to.deep.equal({ run: 'completed 2', phases: ['dies completed'], error: null });
  });

  it("whose phase's own query loses its connection fails as unavailable too", async () => {
    const dies = hostPhase(given.test.database, 'dies', {
      work: async () => {
        await given.test.database.pool.query('select pg_terminate_backend(pg_backend_pid())');
      },
    });

    const result = await createOrchestrator(given.test.database, [dies]).run({ session: MONDAY });

    expect(result.error).to.include({ code: 'EOD_DB_UNAVAILABLE' });
  });

  it('whose end cannot be recorded says so, and ends for those who follow it all the same', async () => {
    const { hostname, port } = new URL(given.test.url);
    const proxy = await startProxy({ host: hostname, port: Number(port) });
    const url = Object.assign(new URL(given.test.url), { hostname: '127.0.0.1', port: String(proxy.port) }).href;
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
    expect(await readRuns(given.test.database)).to.deep.equal([
      { run: 'running 1', phases: ['last completed'], error: null },
    ]);
  });

  it('many times over leaves no listeners behind on its connections', async () => {
    const warnings: string[] = [];
    const listen = (warning: Error): void => void warnings.push(warning.name);
    process.on('warning', listen);
    const orchestrator = createOrchestrator(given.test.database, [hostPhase(given.test.database, 'first')]);

    for (let run = 0; run < 15; run += 1) await orchestrator.run({ session: MONDAY });
    await sleep(1);
    process.off('warning', listen);

    expect(warnings).to.deep.equal([]);
  });
});
