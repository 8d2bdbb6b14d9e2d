import { expect } from 'chai';
import { PipelineError } from '../../../src/core/errors.js';
import type { SchedulePolicy } from '../../../src/orchestrator/schedule/policy.js';
import { acquireLease } from '../../../src/db/lease.js';
import { MONDAY, TUESDAY } from '../../support/market.js';
import { readOutbox, readRuns, readWork, type HostPhaseOptions } from '../host-phase.js';
import { useScheduler, policy, THURSDAY_BEFORE, at } from './scheduler-fixture.js';

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

    it('misses the session with the reason where waiting does not help', async () => {
      const older = new PipelineError('EOD_SESSION_NOT_NEWEST', '2026-06-23 is already published');

      await tickAt(createScheduler(refuseWith(older)), at('20:10'));
      await tickAt(createScheduler(), at('20:11'));

      expect(await readSlots()).to.deep.equal([
        '2026-06-22 missed: EOD_SESSION_NOT_NEWEST: 2026-06-23 is already published',
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

    it('misses a session that no trigger time asks for any more', async () => {
      await writeSlot('due', at('20:10'), null, THURSDAY_BEFORE);
      await given.test.database.pool.query('update pipeline.slot set due_at = $1', [
        new Date(at('20:10', THURSDAY_BEFORE)),
      ]);

      await tickAt(createScheduler(), at('20:10'));

      const verdicts = (await readOutbox(given.test.database)).filter(({ event }) => event === 'session_verdict');
      expect(verdicts.map(({ payload }) => [payload['session'], payload['verdict']])).to.deep.equal([
        [THURSDAY_BEFORE, 'missed'],
      ]);
      expect(await readSlots()).to.deep.equal([
        '2026-06-18 missed: not completed before the sessions after it were due',
        '2026-06-22 completed',
      ]);
    });

    for (const code of ['EOD_SOURCE_MISSING', 'EOD_SOURCE_INVALID', 'EOD_SOURCE_MISMATCH'] as const) {
      it(`waits for its source with growing pauses and then misses the session: ${code}`, async () => {
        const scheduler = createScheduler(refuseWith(new PipelineError(code, 'not yet')));
        const tries: string[] = [];
        for (let minute = 10; minute < 45; minute += 1) {
          const before = await readTries();
          await tickAt(scheduler, at(`20:${minute}`));
          if ((await readTries()) > before) tries.push(`20:${minute}`);
        }

        expect(tries).to.deep.equal(['20:10', '20:11', '20:13', '20:17', '20:25', '20:40']);
        expect(await readSlots()).to.deep.equal([`2026-06-22 missed: ${code}: not yet`]);
        expect(await readRuns(given.test.database)).to.deep.equal([]);
      });
    }

    it('runs again when a run failed on a half-written file, until the file is complete', async () => {
      const halfWritten: HostPhaseOptions = {
        work: () => Promise.reject(new PipelineError('EOD_SOURCE_INVALID', 'nasdaq.json is not complete')),
      };

      await tickAt(createScheduler(halfWritten), at('20:10'));
      const waiting = await readSlots();
      await tickAt(createScheduler(), at('20:11'));

      expect(waiting).to.deep.equal(['2026-06-22 due: run failed: EOD_SOURCE_INVALID, nasdaq.json is not complete']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('misses a session whose runs failed on its files until the wait was over', async () => {
      const halfWritten: HostPhaseOptions = {
        work: () => Promise.reject(new PipelineError('EOD_SOURCE_INVALID', 'nasdaq.json is not complete')),
      };

      await tickAt(createScheduler(halfWritten), at('20:10'), at('20:41'));

      expect(await readSlots()).to.deep.equal([
        '2026-06-22 missed: run failed: EOD_SOURCE_INVALID, nasdaq.json is not complete',
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
      expect(await readSlots()).to.deep.equal(['2026-06-22 missed: run failed: EOD_INTERNAL, no milk today']);
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
        '2026-06-22 missed: the process ended before its run did, at attempt 3',
      ]);
    });

    it('does not begin a run again that was resumed as often as it may be', async () => {
      const runId = await leaveRun(1);
      await given.test.database.pool.query('update pipeline.run set takeovers = 2');
      await writeSlot('claimed', at('20:10'), runId);
      await given.test.database.pool.query('update pipeline.slot set due_at = $1', [new Date(at('20:10'))]);
      await given.recover();

      await tickAt(createScheduler(), at('20:15'), at('20:16'));

      expect((await readRuns(given.test.database)).map(({ run }) => run)).to.deep.equal(['failed 1']);
      expect((await readSlots())[0]).to.match(/^2026-06-22 missed: run failed: EOD_INTERRUPTED, /);
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
    const afterDays = at('20:20', '2026-06-25');
    const tickWith = async (catchUp: SchedulePolicy['catchUp'], catchUpSessions = 10): Promise<void> => {
      const scheduler = createScheduler({}, { policy: { ...policy, catchUp, catchUpSessions } });
      await tickAt(scheduler, ...Array.from({ length: 6 }, (_, index) => afterDays + index * 60_000));
    };

    it('runs each session that was due, in order', async () => {
      await tickWith('each');

      expect(await readWork(given.test.database)).to.deep.equal([
        '2026-06-22 daily',
        '2026-06-23 daily',
        '2026-06-24 daily',
        '2026-06-25 daily',
      ]);
    });

    it('runs the latest alone where that is wanted, and misses the others with the reason', async () => {
      await tickWith('latest');

      expect(await readSlots()).to.deep.equal([
        ...['2026-06-22', '2026-06-23', '2026-06-24'].map(
          (day) => `${day} missed: a later session was due, and only the latest is caught up`,
        ),
        '2026-06-25 completed',
      ]);
    });

    it('runs none that is older than the wait where that is wanted', async () => {
      await tickWith('none');

      expect((await readSlots()).slice(-2)).to.deep.equal([
        '2026-06-24 missed: no service ran within 30 minutes of its trigger time, 2026-06-24T20:10:00.000Z',
        '2026-06-25 completed',
      ]);
    });

    it('goes back as many sessions as the horizon says', async () => {
      await tickWith('each', 2);

      expect(await readWork(given.test.database)).to.deep.equal(['2026-06-24 daily', '2026-06-25 daily']);
    });

    it('does not wait for the source of a session whose time is over', async () => {
      const missing = new PipelineError('EOD_SOURCE_MISSING', 'no file');
      const assertRunnable = (session: string): Promise<void> =>
        session === '2026-06-23' ? Promise.reject(missing) : Promise.resolve();

      await tickAt(
        createScheduler({ assertRunnable }),
        ...[0, 1, 2, 3, 4].map((minute) => afterDays + minute * 60_000),
      );

      expect(await readSlots()).to.deep.equal([
        '2026-06-22 completed',
        '2026-06-23 missed: EOD_SOURCE_MISSING: no file',
        '2026-06-24 completed',
        '2026-06-25 completed',
      ]);
    });

    it('does not run what was due before the schedule was switched on, or while it was off', async () => {
      await given.test.database.pool.query('delete from pipeline.duty');
      await given.change({ enabled: true }, at('21:00'));
      await given.change({ enabled: false }, at('21:00', TUESDAY));
      await tickAt(createScheduler(), at('21:10', TUESDAY));
      await given.change({ enabled: true }, at('21:00', '2026-06-24'));
      await tickAt(createScheduler(), at('20:09', '2026-06-25'), at('20:10', '2026-06-25'));

      expect(await readWork(given.test.database)).to.deep.equal(['2026-06-25 daily']);
    });
  });

  async function readTries(): Promise<number> {
    const { rows } = await given.test.database.pool.query<{ tries: number }>('select tries from pipeline.slot');
    return rows[0]?.tries ?? 0;
  }

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
