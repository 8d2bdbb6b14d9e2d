import { setTimeout as delay } from 'node:timers/promises';
import type { TradingCalendar } from '../../core/calendar.js';
import type { Clock } from '../../core/clock.js';
import { toPipelineError } from '../../core/errors.js';
import { silentLogger, type Logger } from '../../core/logger.js';
import type { SessionDate } from '../../core/session.js';
import { toDatabaseError } from '../../db/database-error.js';
import type { Database } from '../../db/database.js';
import { kyselyOn } from '../../db/kysely-on.js';
import { loadSchedule, type ScheduleDefaults } from './schedule.js';
import { isOnDuty, readDuty, recordDuty } from './duty.js';
import type { SchedulePolicy, SlotOutcome } from './policy.js';
import { SLOT_TRANSITIONS } from './slot-transitions.js';
import { SlotStore, type ClaimedSlot } from './slot-store.js';
import { listTriggers, type TriggerMoment } from './trigger-times.js';

const MINUTE_MS = 60_000;
/** Trigger times are looked for in the last 30 days. */
const LOOK_BACK_MS = 31 * 86_400_000;

/** The request for a scheduled run. */
interface ScheduledRequest {
  readonly session: SessionDate;
  readonly trigger: 'automatic';
  readonly triggeredBy: 'schedule';
}

/** A run that has started. */
export interface ScheduledRun {
  readonly runId: string;
  /** Settles at the end of the run. */
  readonly finished: Promise<unknown>;
}

export interface SchedulerParts {
  readonly database: Database;
  readonly calendar: TradingCalendar;
  readonly clock: Clock;
  readonly defaults: ScheduleDefaults;
  readonly policy: SchedulePolicy;
  /** Ids of every phase of the pipeline. */
  readonly phases: readonly string[];
  /** Resolves when the run has started, rejects when it cannot start. */
  readonly trigger: (request: ScheduledRequest) => Promise<ScheduledRun>;
  readonly logger?: Logger;
  /** Delivers events that are stored. Without one they wait in the outbox. */
  readonly sink?: { wake(): void };
  /** Applies closures that were announced since. */
  readonly refresh?: () => Promise<void>;
  /** Waits between two checks. Rejects when the signal fires. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Starts the daily run on schedule. Its state is in the database: any number of processes may run a scheduler, and any may die.
 *
 * It checks once a minute, at the beginning of the minute:
 * 1. How did the runs of earlier slots end?                              `SlotStore.settle`
 * 2. Is the schedule on, and which trigger times have passed?            `loadSchedule`, `listTriggers`
 * 3. Which is the oldest session that is due and not settled?            `next`, `policy.ts`
 * 4. Can this process claim it? Then start the run; else wait, or miss.  `SlotStore.claim`, `SlotStore.release`
 *
 * A run that failed for a reason that stays, or was cancelled, is not restarted automatically; one whose process died or was stopped is.
 */
export class Scheduler {
  private readonly slots: SlotStore;
  private readonly logger: Logger;
  private loop: { readonly canceller: AbortController; readonly ended: Promise<void> } | undefined;
  private trouble = '';

  constructor(private readonly parts: SchedulerParts) {
    this.slots = new SlotStore(parts.database, parts.phases, parts.policy);
    this.logger = parts.logger ?? silentLogger;
  }

  /** Checks at once, then at the beginning of every minute. A second call does nothing. Does not keep the process alive. */
  start(): void {
    if (this.loop) return;
    const canceller = new AbortController();
    this.loop = { canceller, ended: this.work(canceller.signal) };
  }

  /** Starts no more runs. Resolves when a run that is being started has started; does not wait for its end. */
  async stop(): Promise<void> {
    this.loop?.canceller.abort();
    await this.loop?.ended;
    this.loop = undefined;
  }

  /** One check of the clock and the database; does not wait for the end of a run it starts. */
  async tick(): Promise<void> {
    const { database, calendar, clock, defaults, refresh } = this.parts;
    await refresh?.();
    await this.settle();
    const nowMs = clock.now();
    const { schedule, duty } = await database.transaction(async ({ client }) => {
      const found = await loadSchedule(kyselyOn(client), defaults);
      await recordDuty(client, found.enabled, new Date(nowMs));
      return { schedule: found, duty: await readDuty(client, nowMs - LOOK_BACK_MS) };
    });
    if (!schedule.enabled) return;
    const isDue = (atMs: number): boolean => atMs > schedule.setAtMs && isOnDuty(duty, atMs);
    const due = listTriggers(schedule, calendar, nowMs, isDue);
    const wanted = due.slice(-this.parts.policy.catchUpSessions);
    await this.runNext(wanted, nowMs);
    for (const session of await this.slots.announceLate(wanted, nowMs))
      this.logger.warn({ session }, `session ${session} is late: tickstock sessions`);
    this.parts.sink?.wake();
  }

  /** Starts the oldest session that is due: a later one could not be followed by it. */
  private async runNext(due: readonly TriggerMoment[], nowMs: number): Promise<void> {
    const known = new Map(
      (await this.slots.read(due.map(({ session }) => session))).map((slot) => [slot.session, slot.state]),
    );
    const [oldest] = due;
    if (oldest) for (const outcome of await this.slots.missBefore(oldest.session, nowMs)) this.report(outcome);
    const open = due.filter(({ session }) => SLOT_TRANSITIONS[known.get(session) ?? 'due'].claim !== null);
    for (const moment of open) {
      const isOlder = moment !== open.at(-1);
      const passedOver =
        isOlder && this.parts.policy.catchUp === 'latest'
          ? 'a later session was due, and only the latest is caught up'
          : null;
      const slot = await this.slots.claim(moment, nowMs, passedOver);
      if (slot && 'state' in slot) this.report(slot);
      else if (slot) return this.run(slot);
      // Its run is under way, or it waits: the later ones come after it.
      else return;
    }
  }

  /** Stores how scheduled runs ended. Every check does this; a service that stops calls it when its run is over. */
  async settle(): Promise<void> {
    for (const outcome of await this.slots.settle(this.now())) this.report(outcome);
  }

  private async run(slot: ClaimedSlot): Promise<void> {
    const { session } = slot;
    const started = await this.begin(slot);
    if (started === undefined) return;
    const { runId, finished } = started;
    const ended = Promise.allSettled([finished]);
    this.logger.info({ session, run_id: runId }, `scheduled run for ${session} started`);
    // If this fails, the claim stays without a run, and `settle` finds the run later.
    await this.slots.assign(session, runId, this.now());
    void ended.then(this.settleLater);
  }

  private async begin(slot: ClaimedSlot): Promise<ScheduledRun | undefined> {
    try {
      return await this.parts.trigger({ session: slot.session, trigger: 'automatic', triggeredBy: 'schedule' });
    } catch (thrown) {
      this.report(await this.slots.release(slot, toPipelineError(thrown), this.parts.clock.now()));
      return undefined;
    }
  }

  /** A failure here is repaired by the next check. */
  private readonly settleLater = (): Promise<void> => this.settle().catch(() => undefined);

  private report({ session, state, reason }: SlotOutcome): void {
    if (state === 'completed') this.logger.info({ session }, `scheduled run for ${session} completed`);
    else if (state === 'due') this.logger.info({ session, reason }, `scheduled run for ${session} waits: ${reason}`);
    else if (state === 'skipped')
      this.logger.info({ session, reason }, `scheduled run for ${session} is not needed: ${reason}`);
    else this.logger.warn({ session, reason }, `session ${session} is missed: ${reason}`);
  }

  private async work(signal: AbortSignal): Promise<void> {
    const { clock, wait = waitUnreferenced } = this.parts;
    while (!signal.aborted) {
      await this.tick().then(
        () => (this.trouble = ''),
        (error: unknown) => this.reportTrouble(toDatabaseError(error)),
      );
      // To the minute, like trigger times. Never longer, so that a resume from sleep or a changed schedule is noticed within a minute.
      await wait(MINUTE_MS - (clock.now() % MINUTE_MS), signal).catch(() => undefined);
    }
  }

  /** An outage of the database is logged once, not once a minute. */
  private reportTrouble({ code, message }: { readonly code: string; readonly message: string }): void {
    if (this.trouble === code) return;
    this.trouble = code;
    this.logger.error({ code }, `the scheduler cannot read its state: ${message}; it retries every minute`);
  }

  private now(): Date {
    return new Date(this.parts.clock.now());
  }
}

async function waitUnreferenced(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal, ref: false });
}
