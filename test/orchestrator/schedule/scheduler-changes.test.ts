import { expect } from 'chai';
import { PipelineError } from '../../../src/core/errors.js';
import { Database } from '../../../src/db/database.js';
import { acquireLease } from '../../../src/db/lease.js';
import type { Scheduler } from '../../../src/orchestrator/schedule/scheduler.js';
import { TUESDAY } from '../../support/market.js';
import { readRuns } from '../host-phase.js';
import { useScheduler, defaults, THURSDAY_BEFORE, at } from './scheduler-fixture.js';

describe('the scheduler and its settings', () => {
  const given = useScheduler();
  const { createScheduler, tickAt, change, writeSlot, readSlots } = given;

  describe('when the schedule is changed', () => {
    it('follows the new time, also while it waits for the old one', async () => {
      const scheduler = createScheduler();
      const lease = await acquireLease(given.test.database, 'run');
      await tickAt(scheduler, at('20:10'));
      await change({ trigger_time: '18:00' }, at('20:11'));
      await lease.release();

      await tickAt(scheduler, at('20:12'), at('21:59'));
      const before = await readRuns(given.test.database);
      await tickAt(scheduler, at('22:00'));

      expect(before).to.deep.equal([]);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('waits for 30 minutes from the new time on', async () => {
      const scheduler = createScheduler();
      const lease = await acquireLease(given.test.database, 'run');
      await tickAt(scheduler, at('20:10'));
      await change({ trigger_time: '18:00' }, at('20:11'));

      await tickAt(scheduler, at('22:00'), at('22:29'));
      await lease.release();
      await tickAt(scheduler, at('22:30'));

      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('does not make up for a new time that has passed today', async () => {
      const scheduler = createScheduler();
      await change({ trigger_time: '16:05' }, at('20:07'));

      await tickAt(scheduler, at('20:08'), at('20:10'));
      const today = await readSlots();
      await tickAt(scheduler, at('20:05', TUESDAY));

      expect(today).to.deep.equal([]);
      expect(await readSlots()).to.deep.equal(['2026-06-23 completed']);
    });

    it('triggers at a moment after it was set, not at the moment itself', async () => {
      const scheduler = createScheduler();
      await change({ trigger_time: '16:05' }, at('20:10'));
      await change({ trigger_time: '16:10' }, at('20:10'));
      await tickAt(scheduler, at('20:10'));
      const atOnce = await readSlots();
      await change({ trigger_time: '16:05' }, at('20:10', TUESDAY) - 1);
      await change({ trigger_time: '16:10' }, at('20:10', TUESDAY) - 1);

      await tickAt(scheduler, at('20:10', TUESDAY));

      expect(atOnce).to.deep.equal([]);
      expect(await readSlots()).to.deep.equal(['2026-06-23 completed']);
    });

    it('does not lose the run it waits for when only the names kept with it change', async () => {
      const scheduler = createScheduler();
      const lease = await acquireLease(given.test.database, 'run');
      await tickAt(scheduler, at('20:10'));
      await change({ enabled: true, universes: ['top_500'] }, at('20:11'));
      await lease.release();

      await tickAt(scheduler, at('20:12'));

      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('starts nothing more once it is disabled', async () => {
      const scheduler = createScheduler();
      const lease = await acquireLease(given.test.database, 'run');
      await tickAt(scheduler, at('20:10'));
      await change({ enabled: false }, at('20:11'));
      await lease.release();

      await tickAt(scheduler, at('20:12'), at('20:13'));

      expect(await readRuns(given.test.database)).to.deep.equal([]);
    });
  });

  describe('once started', () => {
    /** Lets the clock go on as far as is waited for, `looks` times; then waits until it is stopped. */
    const passTime = (looks: number, waits: number[], done: () => void) => async (ms: number, signal: AbortSignal) => {
      waits.push(ms);
      given.nowMs += ms;
      if (waits.length < looks) return;
      done();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    };

    it('looks at the beginning of every minute until it is stopped', async () => {
      const waits: number[] = [];
      const requests: string[] = [];
      let scheduler: Scheduler | undefined;
      given.nowMs = Date.parse('2026-06-22T20:07:41.250Z');
      await writeSlot('completed', at('21:00', THURSDAY_BEFORE), null, THURSDAY_BEFORE);

      await new Promise<void>((done) => {
        scheduler = createScheduler(
          {},
          {
            trigger: (request) => {
              requests.push(`${new Date(given.nowMs).toISOString()} ${request.session}`);
              return Promise.reject(new PipelineError('EOD_SESSION_NOT_NEWEST', 'not now'));
            },
            wait: passTime(5, waits, done),
          },
        );
        scheduler.start();
        scheduler.start();
      });
      await scheduler?.stop();
      await scheduler?.stop();

      expect(waits).to.deep.equal([18_750, 60_000, 60_000, 60_000, 60_000]);
      expect(requests).to.deep.equal(['2026-06-22T20:10:00.000Z 2026-06-22']);
    });

    it('outlives a database that is away, and says so once', async () => {
      const away = Database.connect({ url: 'postgresql://127.0.0.1:1/none', poolSize: 1, connectTimeoutMs: 1000 });
      let scheduler: Scheduler | undefined;

      await new Promise<void>((done) => {
        scheduler = createScheduler({}, { database: away, wait: passTime(3, [], done) });
        scheduler.start();
      });
      await scheduler?.stop();
      await away.close();

      expect(given.told).to.have.length(1);
      expect(given.told[0]).to.match(
        /^error the scheduler cannot read its state: the database cannot be reached: .*every minute$/,
      );
    });

    it('stops at once while it waits for the next minute', async () => {
      const scheduler = createScheduler({}, { defaults: { ...defaults, enabled: false } });

      scheduler.start();
      await scheduler.stop();

      expect(given.told).to.deep.equal([]);
    });
  });
});
