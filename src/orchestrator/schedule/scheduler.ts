import { setTimeout as delay } from 'node:timers/promises';
import type { TradingCalendar } from '../../core/calendar.js';
import type { Clock } from '../../core/clock.js';
import { toPipelineError } from '../../core/errors.js';
import { silentLogger, type Logger } from '../../core/logger.js';
import type { SessionDate } from '../../core/session.js';
import { toDatabaseError } from '../../db/database-error.js';
import type { Database } from '../../db/database.js';
import { loadSchedule, type ScheduleDefaults } from './schedule.js';
import { SlotStore, type ClaimedSlot, type SlotOutcome } from './slot-store.js';
import { lastTrigger } from './trigger-times.js';

const MINUTE_MS = 60_000;

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
  /** Ids of every phase of the pipeline. */
  readonly phases: readonly string[];
  /** Resolves when the run has started, rejects when it cannot start. */
  readonly trigger: (request: ScheduledRequest) => Promise<ScheduledRun>;
  readonly logger?: Logger;
  /** Waits between two checks. Rejects when the signal fires. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Starts the daily run on schedule. Its state is in the database: any number of processes may run a scheduler, and any may die.
 *
 * It checks once a minute, at the beginning of the minute:
 * 1. How did the runs of earlier slots end?                              `SlotStore.settle`
 * 2. Is the schedule on, and what was its newest trigger time?           `loadSchedule`, `lastTrigger`
 * 3. Is the slot of that session due, and can this process claim it?     `SlotStore.claim`
 * 4. Then start the run; if that fails, wait or skip.                    `SlotStore.release`
 *
 * A run that failed or was cancelled is not restarted automatically; one whose process died or was stopped is.
 */
export class Scheduler {
  private readonly slots: SlotStore;
  private readonly logger: Logger;
  private loop: { readonly canceller: AbortController; readonly ended: Promise<void> } | undefined;
  private trouble = '';

  constructor(private readonly parts: SchedulerParts) {
    this.slots = new SlotStore(parts.database, parts.phases);
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
    const { database, calendar, clock, defaults } = this.parts;
    await this.settle();
    const nowMs = clock.now();
    const schedule = await loadSchedule(database.db, defaults);
    if (!schedule.enabled) return;
    const moment = lastTrigger(schedule, calendar, nowMs);
    if (moment === undefined || moment.atMs <= schedule.setAtMs) return;
    const slot = await this.slots.claim(moment, nowMs);
    if (slot && 'state' in slot) this.report(slot);
    else if (slot) await this.run(slot);
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
    else this.logger.warn({ session, reason }, `scheduled run for ${session} did not complete: ${reason}`);
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
