import type { Config } from '../config/schema.js';
import type { TradingCalendar } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import { PipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import { toDatabaseError } from '../db/database-error.js';
import { migrate, readMigrationStatus, type MigrationStatus } from '../db/migrate.js';
import {
  readMembers,
  readPublication,
  readSymbolUniverses,
  readUniverse,
  readUniverses,
  type SymbolUniverses,
  type UniverseDetail,
  type UniverseOverview,
} from '../db/read-universes.js';
import { readEvents, type EventPage } from '../events/replay.js';
import type { ProgressTracker } from '../progress/tracker.js';
import { toJob } from './announcements.js';
import { runBackfill, type BackfillRequest, type BackfillResult } from './backfill.js';
import type { DataPlace, PipelineParts } from './pipeline-parts.js';
import { planPhases } from './plan.js';
import { readHealth, type Health } from './read-health.js';
import { readMetrics, type MetricFacts } from './read-metrics.js';
import { readHistory, readRuns, readStatus, type PipelineStatus, type RunFilter, type RunRecord } from './read-runs.js';
import type { RunRequest, RunResult, StartedRun } from './run.js';
import { describeRunning, type RunningRun } from './running-run.js';
import { readSchedule, updateSchedule, type ScheduleChanges, type ScheduleState } from './schedule.js';

/** How often a service looks for runs whose process died. */
const RECOVERY_MS = 10_000;
/** Events of a run that has just ended are delivered within milliseconds; a Redis that takes longer gets them from the next process. */
const DRAIN_MS = 2000;

/** One assembled pipeline: what the command line, a service and an embedding process all call. */
export class Pipeline {
  private started: StartedRun | null = null;
  private readonly beginning = new Set<Promise<unknown>>();
  private recovery: NodeJS.Timeout | undefined;
  private isService = false;
  private isClosing = false;

  constructor(private readonly parts: PipelineParts) {}

  /** Subscribe here for progress. */
  get tracker(): ProgressTracker {
    return this.parts.tracker;
  }

  get place(): DataPlace {
    return this.parts.place;
  }

  get calendar(): TradingCalendar {
    return this.parts.calendar;
  }

  /** What the pipeline takes for now. */
  get clock(): Clock {
    return this.parts.clock;
  }

  /** Frozen; what the pipeline was assembled from. */
  get config(): Config {
    return this.parts.config;
  }

  /** In the order they run; `job` is the consumer's name. */
  get phases(): readonly { readonly id: string; readonly title: string; readonly job: string }[] {
    return planPhases(this.parts.phases).map((phase) => ({ id: phase.id, title: phase.title, job: toJob(phase) }));
  }

  /**
   * Runs the phases for a session and waits for the end; without one, for the newest session that has closed, or that has been imported when
   * import is not part of the run.
   * @throws EOD_PHASE_UNKNOWN, EOD_SESSION_INVALID, EOD_SESSION_FUTURE, and what `Orchestrator.start` throws
   */
  async run(request: Partial<RunRequest> = {}): Promise<RunResult> {
    return (await this.trigger(request)).finished;
  }

  /** As `run`, but resolves as soon as the run has really begun: it holds the lock and is recorded. Its end is `finished`. */
  async trigger(request: Partial<RunRequest> = {}): Promise<StartedRun> {
    const beginning = this.begin(request);
    this.beginning.add(beginning);
    try {
      return await beginning;
    } finally {
      this.beginning.delete(beginning);
    }
  }

  /** The run under way in this process; a run of another process is in `status()`. */
  current(): RunningRun | null {
    return describeRunning(this.started, this.parts.tracker.snapshot(), this.parts.phases);
  }

  /**
   * Tells the run under way to stop; it does within two seconds, and publishes nothing more.
   * @returns its id
   * @throws EOD_NOT_RUNNING when this process has none; the message says whether another has
   */
  async cancel(by: string): Promise<string> {
    if (this.started) {
      this.started.cancel(new PipelineError('EOD_CANCELLED', `the run was cancelled by ${by}`));
      return this.started.runId;
    }
    const { running } = await this.status();
    if (running === null) throw new PipelineError('EOD_NOT_RUNNING', 'no run is under way');
    throw new PipelineError(
      'EOD_NOT_RUNNING',
      `run ${running.runId} is another process's: ${running.owner ?? 'unknown'}`,
      {
        hint: 'stop that process (Ctrl-C or SIGTERM): it ends its run before it goes',
      },
    );
  }

  /** Runs a range of sessions in order; see `runBackfill`. */
  async backfill(request: BackfillRequest): Promise<BackfillResult> {
    const { orchestrator, calendar, clock } = this.parts;
    const run = (each: RunRequest): Promise<RunResult> => this.run(each);
    return runBackfill({ store: orchestrator.store, run }, calendar, clock, request);
  }

  async universes(): Promise<readonly UniverseOverview[]> {
    return asPipelineError(readUniverses(this.parts.database));
  }

  /** @throws EOD_UNIVERSE_UNKNOWN naming the nearest */
  async universe(name: string): Promise<UniverseDetail> {
    return asPipelineError(readUniverse(this.parts.database, name));
  }

  /** A page of its members, without the changes. @throws EOD_UNIVERSE_UNKNOWN naming the nearest */
  async members(
    name: string,
    page: { readonly limit: number; readonly offset?: number },
  ): Promise<UniverseOverview & Pick<UniverseDetail, 'members'>> {
    return asPipelineError(readMembers(this.parts.database, name, page));
  }

  async status(): Promise<PipelineStatus> {
    return asPipelineError(readStatus(this.parts.database));
  }

  /** Runs, newest first. */
  async history(limit: number): Promise<readonly RunRecord[]> {
    return asPipelineError(readHistory(this.parts.database, limit));
  }

  /** Runs by filter, newest first, and how many there are in all. */
  async runs(filter: RunFilter): Promise<{ readonly runs: readonly RunRecord[]; readonly total: number }> {
    return asPipelineError(readRuns(this.parts.database, filter));
  }

  /** @throws EOD_RUN_UNKNOWN */
  async findRun(runId: string): Promise<RunRecord> {
    const [run] = (await this.runs({ limit: 1, runId })).runs;
    if (run) return run;
    throw new PipelineError('EOD_RUN_UNKNOWN', `there is no run ${runId}`, {
      hint: '`tickstock history`, or GET /api/runs, lists them',
    });
  }

  /** @throws EOD_SYMBOL_UNKNOWN */
  async symbolUniverses(symbol: string): Promise<SymbolUniverses> {
    return asPipelineError(readSymbolUniverses(this.parts.database, symbol));
  }

  /** Changes whenever a cache sync has completed, in any process: what was read under the same value is still what is published. */
  async publication(): Promise<string> {
    return asPipelineError(readPublication(this.parts.database));
  }

  async schedule(): Promise<ScheduleState> {
    const { database, config, calendar, clock } = this.parts;
    return asPipelineError(readSchedule(database, config.schedule, calendar, clock.now()));
  }

  /** @throws EOD_REQUEST_INVALID */
  async updateSchedule(changes: ScheduleChanges): Promise<ScheduleState> {
    const { database, config, calendar, clock } = this.parts;
    const state = await asPipelineError(updateSchedule(database, config.schedule, calendar, changes, clock.now()));
    this.parts.relay?.wake();
    return state;
  }

  /** Stored events after one of them, or from the first that is kept. @throws EOD_EVENT_UNKNOWN */
  async events(request: { readonly after?: string | undefined; readonly limit: number }): Promise<EventPage> {
    return asPipelineError(readEvents(this.parts.database.pool, request));
  }

  /** Answers within a second, also when the database does not. */
  async health(): Promise<Health> {
    return readHealth(this.parts.database, this.parts.relay);
  }

  async metrics(): Promise<MetricFacts> {
    return asPipelineError(readMetrics(this.parts.database, new Date(this.parts.clock.now())));
  }

  /**
   * What a service does beside answering: starts the run of every evening, and marks runs whose process died. Ends with `close`.
   * Nothing of it keeps the process alive.
   */
  startService(): void {
    this.isService = true;
    this.parts.relay?.start();
    this.parts.scheduler.start();
    const recover = (): void =>
      void this.parts.orchestrator
        .recover()
        .then((marked) => marked > 0 && this.parts.logger.warn({ marked }, 'runs whose process died were marked'))
        // Somebody has just started a run, and marks them itself; or the database is away, and the next look finds them.
        .catch(() => undefined);
    recover();
    this.recovery ??= setInterval(recover, RECOVERY_MS).unref();
  }

  /** Starts no more runs by itself; a run under way goes on. */
  async stopService(): Promise<void> {
    clearInterval(this.recovery);
    this.recovery = undefined;
    await this.parts.scheduler.stop();
  }

  async migrate(): Promise<readonly string[]> {
    return migrate(this.parts.database);
  }

  async migrationStatus(): Promise<MigrationStatus> {
    return readMigrationStatus(this.parts.database);
  }

  /**
   * Cancels a run under way, hands over the events that wait for as long as `drainMs`, and closes what this pipeline opened: nothing that a
   * host brought.
   */
  async close({ drainMs = DRAIN_MS }: { readonly drainMs?: number } = {}): Promise<void> {
    this.isClosing = true;
    await this.stopService();
    // One that is just beginning would otherwise go on without a database, and without an end.
    await Promise.allSettled(this.beginning);
    this.started?.cancel(
      // The schedule tells by the reason that nobody wanted this run to end, and has it made up for.
      new PipelineError('EOD_CANCELLED', 'the run was cancelled: the pipeline closes', {
        context: { reason: 'stopping' },
      }),
    );
    await this.started?.finished.catch(() => undefined);
    // Notes how a scheduled run ended; where that fails, the next service finds out. A command that only looks has none to note.
    if (this.isService) await this.parts.scheduler.settle().catch(() => undefined);
    await this.parts.relay?.drain(drainMs);
    await this.parts.relay?.stop();
    await this.parts.dispose();
  }

  private async begin(request: Partial<RunRequest>): Promise<StartedRun> {
    // First, because the default session depends on the phases: of one that does not exist nothing can be said.
    planPhases(this.parts.phases, request.phases);
    if (this.isClosing) throw new PipelineError('EOD_STOPPING', 'the service is about to stop and takes no more runs');
    // Not before: a command that only looks has nothing to deliver.
    this.parts.relay?.start();
    const session = request.session ?? (await this.defaultSession(request.phases));
    this.parts.calendar.assertClosedSession(session, this.parts.clock.now());
    const started = await this.parts.orchestrator.start({ ...request, session });
    this.started = started;
    void started.finished
      .catch((error: unknown) => this.parts.logger.error({ run_id: started.runId, err: error }, 'the run has no end'))
      .finally(() => (this.started = this.started === started ? null : this.started));
    return started;
  }

  private async defaultSession(phases: readonly string[] = []): Promise<SessionDate> {
    if (phases.length === 0 || phases.includes('import')) return this.parts.calendar.lastClosed(this.parts.clock.now());
    const imported = await asPipelineError(this.parts.orchestrator.store.newestCompleted('import'));
    if (imported !== undefined) return imported;
    throw new PipelineError('EOD_PHASE_NEEDS', `${phases.join(', ')} cannot run: no session has been imported yet`, {
      hint: 'run `tickstock run` first, or `tickstock run --phase import`',
    });
  }
}

/** What the driver or the server answers, with the code that callers know it by. */
async function asPipelineError<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    throw toDatabaseError(error);
  }
}
