import pLimit from 'p-limit';
import type { Config } from '../../config/schema/index.js';
import type { TradingCalendar } from '../../core/calendar.js';
import type { Clock } from '../../core/clock.js';
import { PipelineError } from '../../core/errors.js';
import type { Logger } from '../../core/logger.js';
import type { Database } from '../../db/database.js';
import type { RedisLink } from '../../events/redis.js';
import type { RedisCommand, RedisOptions } from '../../events/redis-client.js';
import { RedisSubscription } from '../../events/redis-subscription.js';
import { History } from '../../history/history.js';
import { startOf, toAnswer, toProgress, toRefusal, type JobStatus } from './answer-load-job.js';
import { isRefused, LOAD_JOBS_CHANNEL, parseLoadJob, statusKeyOf, type LoadJob } from './load-job.js';
import { READ_LOADED } from './read-loaded.sql.js';

/** As long as the caller keeps its own entry. */
const KEPT_SECONDS = 86_400;
/** More at once are refused: each may name every symbol. */
const MAX_WAITING = 100;
const LARGEST_UNIVERSE = 1_000_000;

/** What answering needs of the pipeline. */
export interface LoadJobSources {
  /** Of Redis. */
  readonly address: string;
  readonly options: RedisOptions;
  readonly database: Database;
  readonly calendar: TradingCalendar;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Sends commands to Redis; rejects when it does not answer. */
  readonly send: (commands: RedisCommand[]) => Promise<void>;
}

/** Null where another program answers them. */
export function createLoadJobs(
  { url, commandTimeoutMs, loadJobs }: Config['redis'],
  redis: RedisLink,
  parts: Pick<LoadJobSources, 'database' | 'calendar' | 'clock' | 'logger'>,
): LoadJobs | null {
  if (!loadJobs || url === undefined) return null;
  const send: LoadJobSources['send'] = (commands) => redis.send(commands);
  return new LoadJobs({ address: url, options: { commandTimeoutMs }, ...parts, send });
}

/**
 * Answers load jobs of TickStockAppV2, one after the other, from the bars that the evenings stored. A job starts no run: who may publish on Redis
 * may not publish universes.
 */
export class LoadJobs {
  private subscription: RedisSubscription | undefined;
  private readonly queue = pLimit(1);
  private readonly history: History;

  constructor(private readonly sources: LoadJobSources) {
    this.history = new History(sources.database, sources.calendar);
  }

  start(): void {
    const { address, options, logger } = this.sources;
    this.subscription ??= new RedisSubscription(address, options, LOAD_JOBS_CHANNEL, {
      onMessage: (text) => this.accept(text),
      onRefused: (reason) => logger.warn({}, `load jobs are not answered: Redis refused the subscription: ${reason}`),
    });
  }

  async stop(): Promise<void> {
    await this.subscription?.close();
    this.subscription = undefined;
    // After all that wait.
    await this.queue(() => undefined);
  }

  private accept(text: string): void {
    const isTooMany = this.queue.pendingCount >= MAX_WAITING;
    void this.queue(async () => {
      try {
        await this.answer(text, isTooMany);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        this.sources.logger.warn({}, `a load job was not answered: ${reason}`);
      }
    });
  }

  private async answer(text: string, isTooMany: boolean): Promise<void> {
    const job = parseLoadJob(text);
    if (isRefused(job)) {
      const { logger } = this.sources;
      if (job.jobId === null) return logger.warn({}, `a message on ${LOAD_JOBS_CHANNEL} is no load job: ${job.reason}`);
      return this.write(toRefusal(job.jobId, job.reason, this.now()));
    }
    if (isTooMany) {
      return this.write(
        toRefusal(job.jobId, `${MAX_WAITING} jobs are waiting already; submit it again later`, this.now()),
      );
    }
    await this.serve(job);
  }

  private async serve(job: LoadJob): Promise<void> {
    const startedAt = this.now();
    try {
      const symbols = await this.symbolsOf(job);
      await this.write(toProgress(job, symbols.length, startedAt));
      const { database, clock } = this.sources;
      const since = startOf(job, clock.now());
      const loaded = await READ_LOADED.rows(database.pool, { symbols, since });
      await this.write(toAnswer(job, loaded, { startedAt, endedAt: this.now() }));
    } catch (error) {
      const reason = error instanceof PipelineError ? error.message : 'the bars could not be read';
      await this.write(toRefusal(job.jobId, reason, this.now()));
      if (!(error instanceof PipelineError)) throw error;
    }
  }

  /** Unions of universes are written `a:b`. */
  private async symbolsOf({ symbols, universeKey }: LoadJob): Promise<string[]> {
    if (symbols.length > 0 || universeKey === null) return [...symbols];
    const lists: (readonly string[])[] = [];
    for (const name of universeKey.split(':')) {
      const { members } = await this.history.members(name.trim(), { limit: LARGEST_UNIVERSE });
      lists.push(members.map(({ symbol }) => symbol));
    }
    return [...new Set(lists.flat())];
  }

  private async write(status: JobStatus): Promise<void> {
    await this.sources.send([['set', statusKeyOf(status.job_id), JSON.stringify(status), 'ex', KEPT_SECONDS]]);
  }

  private now(): string {
    return new Date(this.sources.clock.now()).toISOString();
  }
}
