import type { RandomStream } from '../../phases/import/sample-market/random.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import type { PhaseContext } from '../../src/core/phase.js';
import type { SessionDate } from '../../src/core/session.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import type { EndedRunStatus } from '../../src/orchestrator/run/run-types.js';
import type { TestDatabase } from '../support/database.js';
import { writeListings, type Listing } from '../support/market.js';
import { DoomedRuns } from './doomed-run.js';
import { HOST_PHASES, hostPhases, openPipeline, startRun, workForever, type HostPhaseId } from './fault-pipeline.js';
import type { UnrulyRedis } from './unruly-redis.js';

/** How a run is meant to end; over and over in this order, so that each comes up in a few runs. */
// prettier-ignore
const ENDS = ['completed', 'failed', 'completed', 'cancelled', 'completed', 'interrupted', 'completed', 'completed'] as const;
export type End = (typeof ENDS)[number];

export interface TroubledRun {
  readonly runId: string;
  readonly meant: End;
  /** What the run's caller was told; of a run whose process was killed, nothing. */
  readonly told: EndedRunStatus | undefined;
  readonly error: string | undefined;
}

const SESSIONS = 5;
const STOCKS = 60;
const CAPS_USD = [40e6, 200e6, 900e6, 5e9, 80e9, 300e9];
/** A run of this market takes about as long. */
const RUN_MS = 250;

/**
 * Runs one after the other on a small market that changes before each, while Redis fails.
 *
 * The pipeline that makes them is replaced now and then, with a Redis connection of its own or with a host's; for part of the time a service
 * with a second relay works on the same database; some runs are made by a process that is killed.
 */
export class TroubledRuns {
  readonly made: TroubledRun[] = [];
  readonly #doomed: DoomedRuns;
  #pipeline: Pipeline | undefined;
  #service: Pipeline | undefined;
  #failsIn: HostPhaseId | undefined;
  #isEndless = false;

  constructor(
    private readonly test: TestDatabase,
    private readonly unruly: UnrulyRedis,
    private readonly random: RandomStream,
  ) {
    this.#doomed = new DoomedRuns(test.url, unruly.redis.url);
  }

  async make(count: number): Promise<void> {
    const calendar = new TradingCalendar();
    const newest = calendar.lastClosed(Date.now());
    const sessions = calendar.between(calendar.previous(newest, SESSIONS - 1), newest);
    for (let index = 0; index < count; index += 1) {
      const session = sessions[Math.floor((index * SESSIONS) / count)] ?? newest;
      await writeListings(this.test.database, session, this.#changeMarket(index, session));
      await this.#changePipelines(index);
      // An event outside of any run.
      await this.#service?.schedule.update({ universes: [`list ${index}`] });
      this.made.push(await this.#makeRun(session, ENDS[index % ENDS.length] ?? 'completed'));
    }
  }

  /** Closes what makes runs, and leaves the rest to a service: the end of the last killed run, and the events that wait. */
  async settle(): Promise<void> {
    await this.#pipeline?.close({ drainMs: 0 });
    this.#pipeline = undefined;
    this.#service ??= await this.#openService();
    for (let tries = 0; (await this.countUnsettled()) > 0; tries += 1) {
      if (tries === 1200) throw new Error('a minute after Redis is back there still are events or runs that wait');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async stop(): Promise<void> {
    this.#doomed.stop();
    await this.#pipeline?.close({ drainMs: 0 });
    await this.#service?.close({ drainMs: 0 });
  }

  /** Events that wait for Redis, and runs that nobody has told the end of. */
  async countUnsettled(): Promise<number> {
    const { rows } = await this.test.database.pool.query<{ count: number }>(
      `select (select count(*) from pipeline.outbox where published_at is null)::int
            + (select count(*) from pipeline.run where status = 'running')::int as count`,
    );
    return rows[0]?.count ?? 0;
  }

  async #makeRun(session: SessionDate, meant: End): Promise<TroubledRun> {
    if (meant === 'interrupted') {
      const runId = await this.#doomed.make(session, this.random.below(2 * RUN_MS));
      return { runId, meant, told: undefined, error: undefined };
    }
    this.#doomed.prepare();
    this.#failsIn = meant === 'failed' ? this.random.pick(HOST_PHASES) : undefined;
    this.#isEndless = meant === 'cancelled';
    const stop = new AbortController();
    const run = await startRun(await this.#open(), session, stop.signal);
    if (meant === 'cancelled') setTimeout(() => stop.abort(), this.random.below(2 * RUN_MS));
    const { runId, status, error } = await run.finished;
    return { runId, meant, told: status, error: error && `${error.code}: ${error.message}` };
  }

  async #open(): Promise<Pipeline> {
    const { redis } = this.unruly;
    const { test } = this;
    return (this.#pipeline ??= await openPipeline(test.url, redis.url, {
      phases: hostPhases(test.database, (phase, context) => this.#work(phase, context)),
      listeners: [
        ({ type }) => {
          if (type.startsWith('phase-')) this.unruly.hint();
        },
      ],
      ...(this.random.below(3) === 0 && { redis: redis.connect().on('error', () => undefined) }),
    }));
  }

  async #openService(): Promise<Pipeline> {
    const phases = hostPhases(this.test.database, () => Promise.resolve());
    const service = await openPipeline(this.test.url, this.unruly.redis.url, { phases });
    service.service.start();
    return service;
  }

  async #changePipelines(index: number): Promise<void> {
    if (this.random.below(4) === 0) {
      await this.#pipeline?.close({ drainMs: this.random.pick([0, 20, 500]) });
      this.#pipeline = undefined;
    }
    if (index % 4 === 2 && this.#service === undefined) {
      this.#service = await this.#openService();
    } else if (this.random.below(3) === 0) {
      await this.#service?.close({ drainMs: 0 });
      this.#service = undefined;
    }
  }

  async #work(phase: HostPhaseId, context: PhaseContext): Promise<void> {
    if (phase === this.#failsIn) throw new Error(`the host's ${phase} gives up`);
    if (phase === 'patterns' && this.#isEndless) await workForever(context);
  }

  /** Some market caps move into another band, a stock is listed, another one delisted. */
  #changeMarket(index: number, session: SessionDate): Listing[] {
    const changed = Array.from({ length: index === 0 ? STOCKS : 5 }, () => this.random.below(STOCKS));
    const stocks = new Set(index === 0 ? changed.keys() : changed);
    return [
      ...[...stocks].map((stock) => ({
        symbol: `S${stock}`,
        cap: this.random.pick(CAPS_USD),
        sector: stock % 2 === 0 ? 'Energy' : 'Technology',
        close: 10 + this.random.below(90),
      })),
      { symbol: `N${index}`, cap: 3e9, sector: 'Energy', listDate: session },
      ...(index > 2 ? [{ symbol: `N${index - 3}`, cap: 3e9, sector: 'Energy', active: false, close: null }] : []),
    ];
  }
}
