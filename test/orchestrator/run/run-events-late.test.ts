import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { TestDatabase } from '../../support/database.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { nextFence } from '../../support/next-fence.js';
import { createOrchestrator, hostPhase, readOutbox, readRuns } from '../host-phase.js';
import { useRunEvents, told, HOST_EVENTS, withoutProgress } from './run-events-fixture.js';

describe('a run that ended late tells', () => {
  const given = useRunEvents();

  it('its end and that of the phase somebody asked for, when it was left before that began', async () => {
    const phases = [
      hostPhase(given.test.database, 'first', { events: HOST_EVENTS }),
      hostPhase(given.test.database, 'second', {
        ordinal: 2,
        events: { ...HOST_EVENTS, ended: () => [told('second ended')] },
      }),
    ];
    const orchestrator = createOrchestrator(given.test.database, phases);
    const run = {
      session: MONDAY,
      trigger: 'api',
      mode: 'full',
      force: false,
      recompute: false,
      owner: 'gone',
      phases,
    } as const;
    const fence = await nextFence(given.test.database);
    await orchestrator.store.start(
      { ...run, fence, id: randomUUID(), configHash: '', codeVersion: '', input: '' },
      new Date(),
    );

    await orchestrator.recover();

    expect(withoutProgress(await readOutbox(given.test.database))).to.deep.equal([
      'host failed: EOD_INTERRUPTED',
      'processing_error',
      'daily_processing_completed',
    ]);
  });

  it('that it is completed, when its process was killed after the last phase had', async () => {
    const report = { counters: { symbols: 7, failed: 0, indicators: 21 } };
    const orchestrator = createOrchestrator(given.test.database, [hostPhase(given.test.database, 'first', { report })]);
    const { runId } = await orchestrator.run({ session: MONDAY });
    await given.test.database.pool.query(
      `update pipeline.run set status = 'running', finished_at = null, report = null`,
    );
    await given.test.database.pool.query(
      `delete from pipeline.outbox where body ->> 'event' = 'daily_processing_completed'`,
    );

    const { ended } = await orchestrator.recover();

    const last = (await readOutbox(given.test.database)).at(-1);
    expect(ended).to.equal(1);
    expect(await readRuns(given.test.database)).to.deep.equal([
      { run: 'completed 1', phases: ['first completed'], error: null },
    ]);
    expect(last?.event).to.equal('daily_processing_completed');
    expect(last?.payload).to.deep.include({
      run_id: runId,
      status: 'success',
      success: true,
      symbols_processed: 7,
      indicators_calculated: 21,
    });
  });

  describe('when its process is killed', () => {
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

    it('its end all the same, as soon as somebody looks who cannot resume it; and until then a look changes nothing', async () => {
      const phase = hostPhase(given.test.database, 'endless', { events: HOST_EVENTS });
      const orchestrator = createOrchestrator(given.test.database, [phase], { configHash: 'other-config' });
      const early = await orchestrator.recover();

      holder.kill('SIGKILL');
      await once(holder, 'exit');
      await cancelSleeping(given.test);
      let marked = 0;
      for (let tries = 0; tries < 200 && marked === 0; tries += 1) {
        await sleep(20);
        marked = (await orchestrator.recover()).ended;
      }

      expect([early.ended, marked, await orchestrator.recover()]).to.deep.equal([0, 1, { ended: 0 }]);
      const bodies = await readOutbox(given.test.database);
      expect(withoutProgress(bodies).slice(-3)).to.deep.equal([
        'host failed: EOD_INTERRUPTED',
        'processing_error',
        'daily_processing_completed',
      ]);
      expect(bodies.at(-1)?.payload).to.deep.include({ status: 'failed', success: false });
      expect((await orchestrator.run({ session: TUESDAY })).status).to.equal('completed');
    });
  });
});

/** The server notices a dead client when it next writes to it; a sleeping statement has to be ended for that. */
async function cancelSleeping(test: TestDatabase): Promise<void> {
  await test.database.pool.query(
    `select pg_cancel_backend(pid) from pg_stat_activity
     where datname = current_database() and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()`,
  );
}
