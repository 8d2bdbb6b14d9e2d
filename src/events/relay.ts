import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { EventDraft } from '../core/phase.js';
import type { Database } from '../db/database.js';
import { InterruptibleSleep } from './interruptible-sleep.js';
import { hasBacklog } from './backlog.js';
import { describeError } from './describe-error.js';
import { LiveEvents } from './live-events.js';
import { OutageLog } from './outage-log.js';
import type { RedisLink, RedisState } from './redis.js';
import { sendBatch, trySend, type BatchBounds } from './send-batch.js';

/** A page is one transaction of Redis, a batch one of the database. */
const BATCH: BatchBounds = { pages: 16, rows: 250, bytes: 1 << 20 };
/** While Redis refuses, a single event tests whether it still does. */
const TRIAL: BatchBounds = { pages: 1, rows: 1, bytes: 1 };

/** Maximum delay for events committed by other processes, which do not wake this one. */
const POLL_MS = 1000;
/** Delay before events that another process is sending are checked again. */
const BUSY_MS = 100;
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 5000;

export interface RelayParts {
  readonly database: Database;
  /** Null: events stay in the outbox, and the relay does nothing. */
  readonly redis: RedisLink | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly streamMaxLength: number;
}

/** Result of a turn: nothing left, events locked by another relay, or a problem that further turns may resolve. */
type RelayOutcome = 'empty' | 'busy' | 'redis-away' | 'database-away' | 'stopped';

interface Drain {
  readonly settle: (delivered: boolean) => void;
}

/**
 * Delivers events from the outbox to Redis, independently of the runs that write them: it holds one connection of the pool while it sends,
 * delays no run, and does not keep the process alive.
 *
 *  1. It is woken by a commit of this process (`wake`), by a reconnect of Redis, and every second for commits of other processes (`#run`).
 *  2. A turn sends batches until nothing waits (`#deliver`). A batch is the next events of runs, in order, under locks that keep other
 *     relays off these runs, in pages of one Redis transaction each, marked in the database transaction that holds the lock (`sendBatch`).
 *  3. A page without an answer of Redis is not marked, and the same events are sent again: at least once, never out of order.
 *  4. Live events follow, so that none overtakes an event committed before it.
 *  5. A problem with Redis or the database ends the turn; it is retried at growing intervals. Its start and its end are logged once each.
 */
export class EventRelay {
  readonly #alarm = new InterruptibleSleep();
  readonly #live = new LiveEvents();
  readonly #redisOutage: OutageLog;
  readonly #databaseOutage: OutageLog;
  #drains: Drain[] = [];
  #loop: Promise<void> | undefined;
  #stopped = false;
  #failures = 0;
  #delivered = 0;

  constructor(private readonly parts: RelayParts) {
    this.#redisOutage = new OutageLog(parts.logger, {
      begun: 'Redis is away',
      meanwhile: 'events wait in the database',
      over: 'Redis is back',
    });
    this.#databaseOutage = new OutageLog(parts.logger, {
      begun: 'The outbox cannot be read',
      meanwhile: 'delivery continues when it can',
      over: 'The outbox can be read again',
    });
  }

  get state(): RedisState {
    return this.parts.redis?.status.state ?? 'disabled';
  }

  /** Why Redis is down. */
  get reason(): string | undefined {
    return this.parts.redis?.status.reason;
  }

  start(): void {
    const { redis } = this.parts;
    if (redis && !this.#stopped) this.#loop ??= this.#run(redis);
  }

  /** Called after a commit to the outbox. */
  wake(): void {
    this.#alarm.ring();
  }

  /** Sends live events best effort, to current subscribers only. Returns at once and never throws. */
  publishLive(drafts: readonly EventDraft[]): void {
    if (!this.#loop || this.#stopped || !this.parts.redis?.isConnected) return;
    const at = new Date(this.parts.clock.now());
    for (const draft of drafts) this.#live.add(draft, at);
    this.wake();
  }

  /**
   * Waits until every event committed so far is delivered.
   * @returns false when that did not happen in time, or Redis is down; true without Redis, where there is nothing to wait for
   */
  async drain(withinMs: number): Promise<boolean> {
    if (!this.parts.redis) return true;
    if (!this.#loop || this.#stopped) return false;
    return new Promise((resolve) => {
      const timer = setTimeout(() => drain.settle(false), withinMs);
      const drain: Drain = {
        settle: (delivered) => {
          clearTimeout(timer);
          this.#drains = this.#drains.filter((other) => other !== drain);
          resolve(delivered);
        },
      };
      this.#drains.push(drain);
      this.wake();
    });
  }

  /** Stops after the current batch: when Redis has answered it, or its time is up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#live.clear();
    this.wake();
    await this.#loop;
    for (const drain of this.#drains) drain.settle(false);
  }

  async #run(redis: RedisLink): Promise<void> {
    const unsubscribe = redis.onChange(() => this.wake());
    while (!this.#stopped) {
      const waiting = [...this.#drains];
      const outcome = await this.#deliver(redis);
      this.#tell(redis, outcome);
      if (outcome === 'empty' || this.state === 'down') {
        for (const drain of waiting) drain.settle(outcome === 'empty');
      }
      await this.#alarm.wait(this.#pauseAfter(outcome));
    }
    unsubscribe();
  }

  async #deliver(redis: RedisLink): Promise<RelayOutcome> {
    try {
      if (!redis.isConnected) return 'redis-away';
      for (;;) {
        if (this.#stopped) return 'stopped';
        // Read before the backlog is checked: a later live event might otherwise overtake stored events that the check did not see.
        const newest = this.#live.last;
        if (!(await hasBacklog(this.parts.database.pool)))
          return (await this.#sendLive(redis, newest)) ? 'empty' : 'redis-away';
        const result = await this.#relayBatch(redis);
        if (result !== 'sent') return result;
        this.#failures = 0;
      }
    } catch (error) {
      this.#databaseOutage.begin(describeError(error), this.parts.clock.now());
      return 'database-away';
    }
  }

  async #relayBatch(redis: RedisLink): Promise<'sent' | 'busy' | 'redis-away'> {
    const { database, clock, streamMaxLength } = this.parts;
    const bounds = this.#failures > 0 ? TRIAL : BATCH;
    const batch = await sendBatch(database, redis, { bounds, streamMaxLength, at: new Date(clock.now()) });
    this.#delivered += batch.sent;
    for (const [runId, lastMs] of batch.lastMs) if (runId !== null) this.#live.dropBefore(runId, lastMs);
    if (batch.failed) return 'redis-away';
    return batch.sent > 0 ? 'sent' : 'busy';
  }

  /** After a refusal with nothing left to send, an empty transaction tests whether Redis accepts again. */
  async #sendLive(redis: RedisLink, newest: number): Promise<boolean> {
    const commands = this.#live.take(newest);
    if (commands.length > 0) return trySend(redis, commands);
    return redis.status.state === 'up' || trySend(redis, []);
  }

  #tell(redis: RedisLink, outcome: RelayOutcome): void {
    const now = this.parts.clock.now();
    if (outcome === 'redis-away') {
      this.#live.clear();
      const { state, reason = 'no answer' } = redis.status;
      if (state === 'down' && !this.#redisOutage.isOn) {
        this.#delivered = 0;
        this.#redisOutage.begin(reason, now);
      }
    }
    if (outcome !== 'empty') return;
    this.#redisOutage.end(this.#delivered, now);
    this.#databaseOutage.end(this.#delivered, now);
    this.#delivered = 0;
  }

  #pauseAfter(outcome: RelayOutcome): number {
    if (outcome === 'redis-away' || outcome === 'database-away') {
      this.#failures += 1;
      return Math.min(MIN_BACKOFF_MS * 2 ** Math.min(this.#failures - 1, 10), MAX_BACKOFF_MS);
    }
    this.#failures = 0;
    return outcome === 'busy' ? BUSY_MS : POLL_MS;
  }
}
