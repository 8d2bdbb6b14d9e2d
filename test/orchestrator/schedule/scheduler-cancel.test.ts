import { expect } from 'chai';
import { PipelineError } from '../../../src/core/errors.js';
import { acquireLease } from '../../../src/db/lease.js';
import { TUESDAY } from '../../support/market.js';
import { readRuns, type HostPhaseOptions } from '../host-phase.js';
import { useScheduler, at } from './scheduler-fixture.js';

describe('the scheduler after a cancelled run', () => {
  const given = useScheduler();
  const { createScheduler, tickAt, runsEnd, readSlots } = given;

  describe('when its run was cancelled', () => {
    const stopping = new PipelineError('EOD_CANCELLED', 'the run was cancelled: the pipeline closes', {
      context: { reason: 'stopping' },
    });
    const untilCancelled: HostPhaseOptions = {
      work: async ({ signal }) => {
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        signal.throwIfAborted();
      },
    };
    const runAndCancel = async (reason: PipelineError, ...times: number[]): Promise<void> => {
      for (const time of times) {
        const scheduler = createScheduler(untilCancelled);
        given.nowMs = time;
        await scheduler.tick();
        given.runs.at(-1)?.cancel(reason);
        await runsEnd(scheduler);
      }
    };

    it('because the service stopped, begins it again', async () => {
      await runAndCancel(stopping, at('20:10'));
      const waiting = await readSlots();
      await tickAt(createScheduler(), at('20:11'));

      expect(waiting).to.deep.equal(['2026-06-22 due: the service stopped before the run had ended, at attempt 1']);
      expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal(['cancelled 1', 'completed 2']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
      expect(given.told).to.include(
        'info scheduled run for 2026-06-22 waits: the service stopped before the run had ended, at attempt 1',
      );
    });

    it('because services stopped three times, leaves it at that', async () => {
      await runAndCancel(stopping, at('20:10'), at('20:20'), at('20:30'));
      await tickAt(createScheduler(), at('20:40'));

      expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal([
        'cancelled 1',
        'cancelled 2',
        'cancelled 3',
      ]);
      expect(await readSlots()).to.deep.equal([
        '2026-06-22 missed: the service stopped before the run had ended, at attempt 3',
      ]);
    });

    it('because the service stopped, begins it again however late the next service comes', async () => {
      await runAndCancel(stopping, at('20:10'));
      await tickAt(createScheduler(), at('02:10', TUESDAY));

      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('because the service stopped, waits for another run for as long as that takes', async () => {
      await runAndCancel(stopping, at('20:10'));
      const lease = await acquireLease(given.test.database, 'run');
      await tickAt(createScheduler(), at('22:00'), at('22:29'));
      await lease.release();

      await tickAt(createScheduler(), at('22:30'));

      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('by a person, does not begin it again', async () => {
      await runAndCancel(new PipelineError('EOD_CANCELLED', 'the run was cancelled by key 1a2b'), at('20:10'));
      await tickAt(createScheduler(), at('20:11'), at('21:00'));

      expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal(['cancelled 1']);
      expect(await readSlots()).to.deep.equal([
        '2026-06-22 missed: run cancelled: EOD_CANCELLED, the run was cancelled by key 1a2b',
      ]);
    });

    it('by a person before the service stopped, does not begin it again', async () => {
      const scheduler = createScheduler(untilCancelled);
      given.nowMs = at('20:10');
      await scheduler.tick();

      given.runs[0]?.cancel(new PipelineError('EOD_CANCELLED', 'the run was cancelled by key 1a2b'));
      given.runs[0]?.cancel(stopping);
      await runsEnd(scheduler);

      expect(await readSlots()).to.deep.equal([
        '2026-06-22 missed: run cancelled: EOD_CANCELLED, the run was cancelled by key 1a2b',
      ]);
    });
  });
});
