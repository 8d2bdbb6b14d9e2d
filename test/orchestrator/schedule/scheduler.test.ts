import { expect } from 'chai';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { PipelineError } from '../../../src/core/errors.js';
import type { Logger } from '../../../src/core/logger.js';
import type { SessionDate } from '../../../src/core/session.js';
import { Database } from '../../../src/db/database.js';
import { acquireRunLock } from '../../../src/db/run-lock.js';
import type { StartedRun } from '../../../src/orchestrator/run/run-request.js';
import {
  updateSchedule,
  type ScheduleChanges,
  type ScheduleDefaults,
} from '../../../src/orchestrator/schedule/schedule.js';
import { Scheduler, type SchedulerParts } from '../../../src/orchestrator/schedule/scheduler.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { FRIDAY, MONDAY, TUESDAY } from '../../support/market.js';
import { createOrchestrator, hostPhase, readRuns, readWork, type HostPhaseOptions } from '../host-phase.js';

const calendar = new TradingCalendar();
const defaults: ScheduleDefaults = { enabled: true, triggerTime: '16:10', marketCheck: true };

/** The session before Monday's: Friday 19 June 2026 is Juneteenth. */
const THURSDAY_BEFORE = '2026-06-18' as SessionDate;

/** On Monday 22 June 2026: 16:10 in New York is 20:10 UTC. */
const at = (time: string, date: string = MONDAY): number => Date.parse(`${date}T${time}:00Z`);

describe('the scheduler', () => {
  let test: TestDatabase;
  let nowMs: number;
  let runs: StartedRun[];
  let told: string[];
  const clock = { now: () => nowMs };
  const logger: Logger = {
    info: (_fields, message) => told.push(`info ${message}`),
    warn: (_fields, message) => told.push(`warn ${message}`),
    error: (_fields, message) => told.push(`error ${message}`),
  };

  /** A service on the test's database, with a pipeline of one phase. */
  const createScheduler = (options: HostPhaseOptions = {}, parts: Partial<SchedulerParts> = {}): Scheduler => {
    const orchestrator = createOrchestrator(test.database, [hostPhase(test.database, 'daily', options)], { clock });
    return new Scheduler({
      database: test.database,
      calendar,
      clock,
      defaults,
      phases: ['daily'],
      trigger: async (request) => {
        const run = await orchestrator.start(request);
        runs.push(run);
        return run;
      },
      logger,
      ...parts,
    });
  };

  /** Looks at the clock at each of the times, and lets what was started end. */
  const tickAt = async (scheduler: Scheduler, ...times: number[]): Promise<void> => {
    for (const time of times) {
      nowMs = time;
      await scheduler.tick();
      await runsEnd(scheduler);
    }
  };
  const runsEnd = async (scheduler: Scheduler): Promise<void> => {
    await Promise.all(runs.map(({ finished }) => finished));
    await scheduler.settle();
  };
  const change = (changes: ScheduleChanges, time: number): Promise<unknown> =>
    updateSchedule(test.database, defaults, calendar, changes, time);
  const runByHand = (options: HostPhaseOptions = {}, session = MONDAY, trigger: 'manual' | 'automatic' = 'manual') =>
    createOrchestrator(test.database, [hostPhase(test.database, 'daily', options)], { clock }).run({
      session,
      trigger,
    });
  const writeSlot = (state: string, time: number, runId: string | null = null, session = MONDAY): Promise<unknown> =>
    test.database.pool.query(
      `insert into pipeline.slot (pipeline, session, state, run_id, updated_at) values ('daily', $1, $2, $3, $4)`,
      [session, state, runId, new Date(time)],
    );
  /** As `session state: reason`. */
  const readSlots = async (): Promise<string[]> => {
    const { rows } = await test.database.pool.query<{ text: string }>(
      `select to_char(session, 'YYYY-MM-DD') || ' ' || state || coalesce(': ' || reason, '') as text
       from pipeline.slot order by session`,
    );
    return rows.map(({ text }) => text);
  };

  beforeEach(async () => {
    test = await createTestDatabase();
    nowMs = at('12:00');
    runs = [];
    told = [];
  });

  afterEach(async () => {
    await test.drop();
  });

  it('starts one run at the trigger time, for the session that has closed, and says that it did', async () => {
    await writeSlot('completed', at('21:00', THURSDAY_BEFORE), null, THURSDAY_BEFORE);
    const scheduler = createScheduler();

    await tickAt(scheduler, at('20:09'));
    const before = await readWork(test.database);
    await tickAt(scheduler, at('20:10'), at('20:11'), at('23:59'), at('20:09', TUESDAY));

    expect(before).to.deep.equal([]);
    expect(await readWork(test.database)).to.deep.equal(['2026-06-22 daily']);
    const { rows } = await test.database.pool.query('select id, trigger, triggered_by from pipeline.run');
    expect(rows).to.deep.equal([{ id: runs[0]?.runId, trigger: 'automatic', triggered_by: 'schedule' }]);
    const slots = await test.database.pool.query('select run_id from pipeline.slot where session = $1', [MONDAY]);
    expect(slots.rows).to.deep.equal([{ run_id: runs[0]?.runId }]);
    expect(await readSlots()).to.deep.equal(['2026-06-18 completed', '2026-06-22 completed']);
  });

  it('continues the day after, and on Friday for the last time before the weekend', async () => {
    await tickAt(createScheduler(), at('20:10'), at('20:10', TUESDAY), at('20:10', FRIDAY), at('20:10', '2026-06-27'));

    expect(await readWork(test.database)).to.deep.equal(['2026-06-22 daily', '2026-06-23 daily', '2026-06-26 daily']);
  });

  it('does on a Saturday what Friday has missed, when the market is not asked', async () => {
    const scheduler = createScheduler({}, { defaults: { ...defaults, marketCheck: false } });

    await tickAt(scheduler, at('20:10', '2026-06-27'), at('20:10', '2026-06-28'));

    expect(await readWork(test.database)).to.deep.equal(['2026-06-26 daily']);
    expect(await readSlots()).to.deep.equal(['2026-06-26 completed']);
  });

  it('does nothing while it is disabled', async () => {
    await tickAt(createScheduler({}, { defaults: { ...defaults, enabled: false } }), at('20:10'));
    await change({ enabled: false }, at('20:11'));
    await tickAt(createScheduler(), at('20:12'));

    expect(await readRuns(test.database)).to.deep.equal([]);
    expect(await readSlots()).to.deep.equal([]);
  });

  it('starts one run where several services look at the same moment', async () => {
    const services = [createScheduler(), createScheduler(), createScheduler(), createScheduler()];
    nowMs = at('20:10');

    await Promise.all(services.map((service) => service.tick()));
    await Promise.all(services.map(runsEnd));

    expect(await readWork(test.database)).to.deep.equal(['2026-06-22 daily']);
    expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
  });

  it('starts one run where several services wait for the same session', async () => {
    const services = [createScheduler(), createScheduler(), createScheduler(), createScheduler()];
    await writeSlot('due', at('20:10'));
    nowMs = at('20:11');

    await Promise.all(services.map((service) => service.tick()));
    await Promise.all(services.map(runsEnd));

    expect(await readWork(test.database)).to.deep.equal(['2026-06-22 daily']);
    expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    expect(told).to.deep.equal([
      'info scheduled run for 2026-06-22 started',
      'info scheduled run for 2026-06-22 completed',
    ]);
  });

  describe('when the session was run by hand', () => {
    it('skips it, naming the run', async () => {
      nowMs = at('20:05');
      const { runId } = await runByHand();

      await tickAt(createScheduler(), at('20:10'), at('20:11'));

      expect(runs).to.deep.equal([]);
      expect(await readSlots()).to.deep.equal([`2026-06-22 skipped: already completed, by manual run ${runId}`]);
      expect(told).to.deep.equal([
        `warn scheduled run for 2026-06-22 did not complete: already completed, by manual run ${runId}`,
      ]);
    });

    it('runs it all the same when not every phase has completed', async () => {
      nowMs = at('20:05');
      await createOrchestrator(test.database, [hostPhase(test.database, 'early')], { clock }).run({ session: MONDAY });

      await tickAt(createScheduler({}, { phases: ['early', 'daily'] }), at('20:10'));

      expect(await readWork(test.database)).to.deep.equal(['2026-06-22 early', '2026-06-22 daily']);
    });

    it('skips the one before at a trigger time before the close', async () => {
      nowMs = at('20:05');
      const { runId } = await runByHand();

      // 12:00 in New York on Tuesday: Monday's is the newest session that has closed.
      const atNoon = { defaults: { ...defaults, triggerTime: '12:00' } };
      await tickAt(createScheduler({}, atNoon), at('16:00', TUESDAY));

      expect(await readSlots()).to.deep.equal([`2026-06-22 skipped: already completed, by manual run ${runId}`]);
    });
  });

  describe('when another run is under way', () => {
    it('waits for it, and skips the session if that run has completed it', async () => {
      const scheduler = createScheduler();
      let waiting: string[] = [];
      nowMs = at('20:08');

      const { runId } = await runByHand({
        work: async () => {
          nowMs = at('20:10');
          await scheduler.tick();
          nowMs = at('20:11');
          await scheduler.tick();
          waiting = await readSlots();
        },
      });
      await tickAt(scheduler, at('20:12'));

      expect(waiting).to.have.length(1);
      expect(waiting[0]).to.match(/^2026-06-22 due: EOD_RUN_LOCKED: another run is under way: run /);
      expect(await readSlots()).to.deep.equal([`2026-06-22 skipped: already completed, by manual run ${runId}`]);
      expect(await readWork(test.database)).to.deep.equal(['2026-06-22 daily']);
    });

    it('runs the session itself after one that failed', async () => {
      const scheduler = createScheduler();

      await runByHand({
        work: async () => {
          nowMs = at('20:10');
          await scheduler.tick();
          throw new Error('no milk today');
        },
      });
      await tickAt(scheduler, at('20:11'));

      expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['failed 1', 'completed 2']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('gives up after 30 minutes, and leaves it at that', async () => {
      const scheduler = createScheduler();
      const lock = await acquireRunLock(test.database);

      await tickAt(scheduler, at('20:10'), at('20:39'));
      const waiting = await readSlots();
      await tickAt(scheduler, at('20:40'));
      await lock.release();
      await tickAt(scheduler, at('20:41'));

      expect(waiting[0]).to.include('2026-06-22 due: EOD_RUN_LOCKED');
      expect(await readSlots()).to.deep.equal(['2026-06-22 skipped: EOD_RUN_LOCKED: another run is under way']);
      expect(await readRuns(test.database)).to.deep.equal([]);
    });
  });

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
      expect(await readRuns(test.database)).to.deep.equal([]);
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

  it('does not begin a failed run again', async () => {
    await tickAt(createScheduler({ work: () => Promise.reject(new Error('no milk today')) }), at('20:10'));
    await tickAt(createScheduler(), at('20:11'), at('21:00'));

    expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['failed 1']);
    expect(await readSlots()).to.deep.equal(['2026-06-22 skipped: run failed: EOD_INTERNAL, no milk today']);
    expect(told.at(-1)).to.equal(
      'warn scheduled run for 2026-06-22 did not complete: run failed: EOD_INTERNAL, no milk today',
    );
  });

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
        nowMs = time;
        await scheduler.tick();
        runs.at(-1)?.cancel(reason);
        await runsEnd(scheduler);
      }
    };

    it('because the service stopped, begins it again', async () => {
      await runAndCancel(stopping, at('20:10'));
      const waiting = await readSlots();
      await tickAt(createScheduler(), at('20:11'));

      expect(waiting).to.deep.equal(['2026-06-22 due: the service stopped before the run had ended, at attempt 1']);
      expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['cancelled 1', 'completed 2']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
      expect(told).to.include(
        'info scheduled run for 2026-06-22 waits: the service stopped before the run had ended, at attempt 1',
      );
    });

    it('because services stopped three times, leaves it at that', async () => {
      await runAndCancel(stopping, at('20:10'), at('20:20'), at('20:30'));
      await tickAt(createScheduler(), at('20:40'));

      expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal([
        'cancelled 1',
        'cancelled 2',
        'cancelled 3',
      ]);
      expect(await readSlots()).to.deep.equal([
        '2026-06-22 skipped: the service stopped before the run had ended, at attempt 3',
      ]);
    });

    it('because the service stopped, does not make up for it six hours after the trigger time', async () => {
      await runAndCancel(stopping, at('20:10'));
      await tickAt(createScheduler(), at('02:10', TUESDAY));

      expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['cancelled 1']);
      expect(await readSlots()).to.deep.equal([
        '2026-06-22 skipped: the service stopped before the run had ended, at attempt 1; ' +
          'not started within 6 hours of its trigger time, 2026-06-22T20:10:00.000Z',
      ]);
    });

    it('because the service stopped, waits for another run for 30 minutes from the next look on', async () => {
      await runAndCancel(stopping, at('20:10'));
      const lock = await acquireRunLock(test.database);
      await tickAt(createScheduler(), at('22:00'), at('22:29'));
      await lock.release();

      await tickAt(createScheduler(), at('22:30'));

      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('by a person, does not begin it again', async () => {
      await runAndCancel(new PipelineError('EOD_CANCELLED', 'the run was cancelled by key 1a2b'), at('20:10'));
      await tickAt(createScheduler(), at('20:11'), at('21:00'));

      expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['cancelled 1']);
      expect(await readSlots()).to.deep.equal([
        '2026-06-22 skipped: run cancelled: EOD_CANCELLED, the run was cancelled by key 1a2b',
      ]);
    });

    it('by a person before the service stopped, does not begin it again', async () => {
      const scheduler = createScheduler(untilCancelled);
      nowMs = at('20:10');
      await scheduler.tick();

      runs[0]?.cancel(new PipelineError('EOD_CANCELLED', 'the run was cancelled by key 1a2b'));
      runs[0]?.cancel(stopping);
      await runsEnd(scheduler);

      expect(await readSlots()).to.deep.equal([
        '2026-06-22 skipped: run cancelled: EOD_CANCELLED, the run was cancelled by key 1a2b',
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
      expect(await readWork(test.database)).to.deep.equal(['2026-06-22 daily']);
    });

    it('before it could note its run finds that run, and does not do it twice', async () => {
      await writeSlot('claimed', at('20:10'));
      nowMs = at('20:10');
      await runByHand({ work: () => Promise.reject(new Error('no milk today')) }, MONDAY, 'automatic');

      await tickAt(createScheduler(), at('20:20'), at('20:21'));

      expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['failed 1']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 skipped: run failed: EOD_INTERNAL, no milk today']);
    });

    it('and was only slow leaves the slot to the run of the one that took over', async () => {
      const runId = await leaveRun(1);
      const lock = await acquireRunLock(test.database);
      const scheduler = createScheduler(
        {},
        {
          trigger: async () => {
            await test.database.pool.query('update pipeline.slot set run_id = $1', [runId]);
            throw new PipelineError('EOD_RUN_LOCKED', 'another run is under way');
          },
        },
      );

      await tickAt(scheduler, at('20:10'));
      await lock.release();

      expect(await readSlots()).to.deep.equal(['2026-06-22 claimed']);
    });

    it('in the middle of the run begins it again', async () => {
      await writeSlot('claimed', at('20:10'), await leaveRun(1));

      await tickAt(createScheduler(), at('20:15'));

      expect((await readRuns(test.database)).map(({ run }) => run)).to.deep.equal(['interrupted 1', 'completed 2']);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('gives up on a run that a process has died of three times', async () => {
      await writeSlot('claimed', at('20:10'), await leaveRun(3));

      await tickAt(createScheduler(), at('20:15'));

      expect(runs).to.deep.equal([]);
      expect(await readSlots()).to.deep.equal([
        '2026-06-22 skipped: the process ended before its run did, at attempt 3',
      ]);
    });

    it('leaves a run that is under way to whoever works on it', async () => {
      const runId = await leaveRun(1);
      await writeSlot('claimed', at('20:10'), runId);
      const lock = await acquireRunLock(test.database);

      await tickAt(createScheduler(), at('20:25'));
      await lock.release();

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
      expect(await readRuns(test.database)).to.deep.equal([]);
    });
  });

  describe('when the schedule is changed', () => {
    it('follows the new time, also while it waits for the old one', async () => {
      const scheduler = createScheduler();
      const lock = await acquireRunLock(test.database);
      await tickAt(scheduler, at('20:10'));
      await change({ trigger_time: '18:00' }, at('20:11'));
      await lock.release();

      await tickAt(scheduler, at('20:12'), at('21:59'));
      const before = await readRuns(test.database);
      await tickAt(scheduler, at('22:00'));

      expect(before).to.deep.equal([]);
      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('waits for 30 minutes from the new time on', async () => {
      const scheduler = createScheduler();
      const lock = await acquireRunLock(test.database);
      await tickAt(scheduler, at('20:10'));
      await change({ trigger_time: '18:00' }, at('20:11'));

      await tickAt(scheduler, at('22:00'), at('22:29'));
      await lock.release();
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
      const lock = await acquireRunLock(test.database);
      await tickAt(scheduler, at('20:10'));
      await change({ enabled: true, universes: ['top_500'] }, at('20:11'));
      await lock.release();

      await tickAt(scheduler, at('20:12'));

      expect(await readSlots()).to.deep.equal(['2026-06-22 completed']);
    });

    it('starts nothing more once it is disabled', async () => {
      const scheduler = createScheduler();
      const lock = await acquireRunLock(test.database);
      await tickAt(scheduler, at('20:10'));
      await change({ enabled: false }, at('20:11'));
      await lock.release();

      await tickAt(scheduler, at('20:12'), at('20:13'));

      expect(await readRuns(test.database)).to.deep.equal([]);
    });
  });

  describe('once started', () => {
    /** Lets the clock go on as far as is waited for, `looks` times; then waits until it is stopped. */
    const passTime = (looks: number, waits: number[], done: () => void) => async (ms: number, signal: AbortSignal) => {
      waits.push(ms);
      nowMs += ms;
      if (waits.length < looks) return;
      done();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    };

    it('looks at the beginning of every minute until it is stopped', async () => {
      const waits: number[] = [];
      const requests: string[] = [];
      let scheduler: Scheduler | undefined;
      nowMs = Date.parse('2026-06-22T20:07:41.250Z');
      await writeSlot('completed', at('21:00', THURSDAY_BEFORE), null, THURSDAY_BEFORE);

      await new Promise<void>((done) => {
        scheduler = createScheduler(
          {},
          {
            trigger: (request) => {
              requests.push(`${new Date(nowMs).toISOString()} ${request.session}`);
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

      expect(told).to.have.length(1);
      expect(told[0]).to.match(
        /^error the scheduler cannot read its state: the database cannot be reached: .*every minute$/,
      );
    });

    it('stops at once while it waits for the next minute', async () => {
      const scheduler = createScheduler({}, { defaults: { ...defaults, enabled: false } });

      scheduler.start();
      await scheduler.stop();

      expect(told).to.deep.equal([]);
    });
  });

  /** A run as a process leaves it that dies in the middle. */
  async function leaveRun(attempt: number): Promise<string> {
    const { rows } = await test.database.pool.query<{ id: string }>(
      `insert into pipeline.run (id, session, trigger, mode, force, phases, status, attempt, started_at)
       values (gen_random_uuid(), $1, 'automatic', 'full', false, '{daily}', 'running', $2, $3) returning id`,
      [MONDAY, attempt, new Date(at('20:10'))],
    );
    return rows[0]?.id ?? '';
  }
});
