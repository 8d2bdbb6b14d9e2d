import { sql } from 'kysely';
import type { Clock } from '../core/clock.js';
import type { Logger } from '../core/logger.js';
import type { Database } from './database.js';

/** Two measurements of one clock differ by the time of an answer; the time does not step for that. */
const STEP_MS = 250;
/** A process whose clock differs by more is worth a warning. */
export const TOLERATED_SKEW_MS = 5000;

/**
 * The time of the database, so that processes on several machines agree in which order they learned something.
 *
 * Between two measurements it advances with the monotonic clock of the process: a clock that is set does not change it.
 */
export class DatabaseClock implements Clock {
  #databaseMs: number;
  #measuredAtMs: number;
  #isSkewed = false;

  private constructor(
    private readonly database: Database,
    private readonly logger: Logger,
  ) {
    this.#databaseMs = Date.now();
    this.#measuredAtMs = performance.now();
  }

  /** Starts with the time of the process where the database does not answer; the next measurement may succeed. */
  static async open(database: Database, logger: Logger): Promise<DatabaseClock> {
    const clock = new DatabaseClock(database, logger);
    await clock.synchronise().catch(() => undefined);
    return clock;
  }

  now(): number {
    return Math.round(this.#databaseMs + performance.now() - this.#measuredAtMs);
  }

  /** Measures the clock of the database: before a run, and every minute in a service. */
  async synchronise(): Promise<void> {
    const askedAtMs = performance.now();
    const databaseMs = await readDatabaseClock(this.database);
    const measuredAtMs = (askedAtMs + performance.now()) / 2;
    const stepMs = databaseMs - (this.#databaseMs + measuredAtMs - this.#measuredAtMs);
    if (Math.abs(stepMs) < STEP_MS) return;
    this.#databaseMs = databaseMs;
    this.#measuredAtMs = measuredAtMs;
    this.#warn(databaseMs - (Date.now() - (performance.now() - measuredAtMs)));
  }

  #warn(skewMs: number): void {
    const isSkewed = Math.abs(skewMs) > TOLERATED_SKEW_MS;
    if (isSkewed && !this.#isSkewed)
      this.logger.warn({ skew_ms: Math.round(skewMs) }, `${describeSkew(skewMs)}; the time of the database is used`);
    this.#isSkewed = isSkewed;
  }
}

/** Milliseconds since the epoch. */
export async function readDatabaseClock({ db }: Database): Promise<number> {
  const { nowMs } = await db
    .selectNoFrom(sql<number>`(extract(epoch from clock_timestamp()) * 1000)::float8`.as('nowMs'))
    .executeTakeFirstOrThrow();
  return nowMs;
}

/** `the clock of the database is 3600 s ahead of that of this process` */
export function describeSkew(skewMs: number): string {
  const seconds = (Math.abs(skewMs) / 1000).toFixed(0);
  return `the clock of the database is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of this process`;
}
