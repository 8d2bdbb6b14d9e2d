import { TradingCalendar } from '../../../src/core/calendar.js';
import type { Logger } from '../../../src/core/logger.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { StartedRun } from '../../../src/orchestrator/run/run-request.js';
import {
  updateSchedule,
  type ScheduleChanges,
  type ScheduleDefaults,
} from '../../../src/orchestrator/schedule/schedule.js';
import type { SchedulePolicy } from '../../../src/orchestrator/schedule/policy.js';
import { Scheduler, type SchedulerParts } from '../../../src/orchestrator/schedule/scheduler.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { MONDAY } from '../../support/market.js';
import { createOrchestrator, hostPhase, type HostPhaseOptions } from '../host-phase.js';

const calendar = new TradingCalendar();

export const defaults: ScheduleDefaults = { enabled: true, triggerTime: '16:10', marketCheck: true };

export const policy: SchedulePolicy = {
  waitMs: 30 * 60_000,
  lateMs: 60 * 60_000,
  catchUp: 'each',
  catchUpSessions: 10,
};

/** The session before Monday's: Friday 19 June 2026 is Juneteenth. */
export const THURSDAY_BEFORE = '2026-06-18' as SessionDate;

/** On Monday 22 June 2026: 16:10 in New York is 20:10 UTC. */
export const at = (time: string, date: string = MONDAY): number => Date.parse(`${date}T${time}:00Z`);

/** What these tests have in common; registers its hooks. */
export function useScheduler() {
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
      policy,
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
  /** What every service does beside its schedule. */
  const recover = (): Promise<unknown> => createOrchestrator(test.database, []).recover();
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
    // The schedule has been on since noon.
    await test.database.pool.query(`insert into pipeline.duty (pipeline, since) values ('daily', $1)`, [
      new Date(nowMs),
    ]);
    runs = [];
    told = [];
  });

  afterEach(async () => {
    await test.drop();
  });
  return {
    get test() {
      return test;
    },
    get nowMs() {
      return nowMs;
    },
    set nowMs(value: number) {
      nowMs = value;
    },
    get runs() {
      return runs;
    },
    get told() {
      return told;
    },
    clock,
    logger,
    createScheduler,
    tickAt,
    runsEnd,
    change,
    runByHand,
    recover,
    writeSlot,
    readSlots,
  };
}
