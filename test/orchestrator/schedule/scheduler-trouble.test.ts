import { expect } from 'chai';
import { PipelineError } from '../../../src/core/errors.js';
import { acquireLease } from '../../../src/db/lease.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { readRuns, readWork, type HostPhaseOptions } from '../host-phase.js';
import { useScheduler, THURSDAY_BEFORE, at } from './scheduler-fixture.js';

describe('the scheduler in trouble', () => {
  const given = useScheduler();
  const { createScheduler, tickAt, runByHand, writeSlot, readSlots } = given;

  describe('when the run cannot begin', () => {
    const refuseWith = (refusal: PipelineError): HostPhaseOptions => ({
      assertRunnable: () => Promise.reject(refusal),
    });

    it('waits for what may come by itself, such as a source file', async () => {
      const missing = new PipelineError('EOD_SOURCE_MISSING', 'no file for 2026-06-22');

      await tickAt(createScheduler(refuseWith(missing)), at('20:10'));
      const waiting = await readSlots();
      await tickAt(createScheduler(), at('20:11'));

      expect(waiting).to.deep.equal(['2026-06-22 due: EOD_SOURCE_MISSING: no file for 2026-06-22']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('skips the session with the reason where waiting does not help', async () => {
      const older = new PipelineError('EOD_SESSION_NOT_NEWEST', '2026-06-23 is already published');

      await tickAt(createScheduler(refuseWith(older)), at('20:10'));
      await tickAt(createScheduler(), at('20:11'));

      expect(await readSlots()).to.deep.equal([
        '2026-06-22 skipped: EOD_SESSION_NOT_NEWEST: 2026-06-23 is already published',
      ]);
      expect(await readRuns(given.test.database)).to.deep.equal([]);
    });

    it('waits also where the message holds what PostgreSQL cannot store as text', async () => {
      const garbled = new PipelineError('EOD_SOURCE_MISSING', 'no file \0named \ud83d');

      await tickAt(createScheduler(refuseWith(garbled)), at('20:10'));
      const waiting = await readSlots();
      await tickAt(createScheduler(), at('20:11'));

      expect(waiting).to.deep.equal(['2026-06-22 due: EOD_SOURCE_MISSING: no file \ufffdnamed \ufffd']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('waits for the next service where this one is stopping, however long it has waited before', async () => {
      const stopping = new PipelineError('EOD_STOPPING', 'the service is about to stop and takes no more runs');
      await writeSlot('due', at('20:10'));

      await tickAt(createScheduler(refuseWith(stopping)), at('21:00'));
      await tickAt(createScheduler(), at('21:01'));

      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('says of a session it was still waiting for at the next trigger time that it was not completed', async () => {
      await writeSlot('due', at('20:10'));
      await writeSlot('claimed', at('20:10'), null, THURSDAY_BEFORE);

      await tickAt(createScheduler(), at('20:10', TUESDAY));

      expect(await readSlots()).to.deep.equal([
        '2026-06-18 skipped: not completed before the next trigger time',
        '2026-06-22 skipped: not completed before the next trigger time',
        '2026-06-23 completed',
      ]);
    });
  });

  describe('after a service that died', () => {
    it('between claim and run takes the slot over after ten minutes', async () => {
      await writeSlot('claimed', at('20:10'));

      await tickAt(createScheduler(), at('20:19'));
      const before = await readSlots();
      await tickAt(createScheduler(), at('20:20'));

      expect(before).to.deep.equal(['2026-06-22 claimed']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
      expect(await readWork(given.test.database)).to.deep.equal(['2026-06-22 daily']);
    });

    it('before it could note its run finds that run, and does not do it twice', async () => {
      await writeSlot('claimed', at('20:10'));
      given.nowMs = at('20:10');
      await runByHand({ work: () => Promise.reject(new Error('no milk today')) }, MONDAY, 'automatic');

      await tickAt(createScheduler(), at('20:20'), at('20:21'));

      expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal(['failed 1']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 skipped: run failed: EOD_INTERNAL, no milk today']);
    });

    it('and was only slow leaves the slot to the run of the one that took over', async () => {
      const runId = await leaveRun(1);
      const lease = await acquireLease(given.test.database, 'run');
      const scheduler = createScheduler(
        {},
        {
          trigger: async () => {
            await given.test.database.pool.query('update pipeline.slot set run_id = $1', [runId]);
            throw new PipelineError('EOD_RUN_LOCKED', 'another run is under way');
          },
        },
      );

      await tickAt(scheduler, at('20:10'));
      await lease.release();

      expect(await readSlots()).to.deep.equal(['2026-06-22 claimed']);
    });

    it('in the middle of the run begins it again', async () => {
      await writeSlot('claimed', at('20:10'), await leaveRun(1));
      await given.recover();

      await tickAt(createScheduler(), at('20:15'));

      expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal([
        'interrupted 1',
        'completed 2',
      ]);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('gives up on a run that a process has died of three times', async () => {
      await writeSlot('claimed', at('20:10'), await leaveRun(3));
      await given.recover();

      await tickAt(createScheduler(), at('20:15'));

      expect(given.runs).to.deep.equal([]);
      expect(await readSlots()).to.deep.equal([
        '2026-06-22 skipped: the process ended before its run did, at attempt 3',
      ]);
    });

    it('leaves a run that is under way to whoever works on it', async () => {
      const runId = await leaveRun(1);
      await writeSlot('claimed', at('20:10'), runId);
      const lease = await acquireLease(given.test.database, 'run');

      await tickAt(createScheduler(), at('20:25'));
      await lease.release();

      expect(await readSlots()).to.deep.equal(['2026-06-22 claimed']);
    });
  });

  describe('after a time when no service was there', () => {
    it('makes up for a trigger time less than six hours past', async () => {
      await tickAt(createScheduler(), at('02:09', TUESDAY));

      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('skips one six hours past, with the reason', async () => {
      await tickAt(createScheduler(), at('02:10', TUESDAY));

      expect(await readSlots()).to.deep.equal([
        '2026-06-22 skipped: not started within 6 hours of its trigger time, 2026-06-22T20:10:00.000Z',
      ]);
      expect(await readRuns(given.test.database)).to.deep.equal([]);
    });
  });

  /** A run as a process leaves it that dies in the middle. */
  async function leaveRun(attempt: number): Promise<string> {
    const { rows } = await given.test.database.pool.query<{ id: string }>(
      `insert into pipeline.run (id, session, trigger, mode, force, phases, status, attempt, started_at)
       values (gen_random_uuid(), $1, 'automatic', 'full', false, '{daily}', 'running', $2, $3) returning id`,
      [MONDAY, attempt, new Date(at('20:10'))],
    );
    return rows[0]?.id ?? '';
  }
});
