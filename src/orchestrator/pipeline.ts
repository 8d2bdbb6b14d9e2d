import type { Config } from '../config/schema.js';
import type { TradingCalendar } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import { PipelineError } from '../core/errors.js';
import type { PhaseParity, PhasePreview } from '../core/preview.js';
import type { SessionDate } from '../core/session.js';
import { toDatabaseError } from '../db/database-error.js';
import { migrate, readMigrationStatus, type MigrationStatus } from '../db/migrate.js';
import { resolveMoment, type Moment, type PointInTime } from '../history/point-in-time.js';
import { readDiff, type UniverseDiff } from '../history/diff.js';
import { readSymbolUniverses, type SymbolUniverses } from '../history/symbol-universes.js';
import { readHold, readHolds, type HoldDetail, type HoldFilter, type HoldRecord } from '../history/holds.js';
import {
  readMembers,
  readPublication,
  readUniverse,
  readUniverses,
  type UniverseDetail,
  type UniverseOverview,
  type UniversePage,
} from '../history/universes.js';
import { readWhy } from '../history/explain/explain.js';
import type { Why } from '../history/explain/types.js';
import { readEvents, type EventPage } from '../events/replay.js';
import type { ProgressTracker } from '../progress/tracker.js';
import { toJob } from './run/run-events.js';
import { runBackfill, type BackfillRequest, type BackfillResult } from './backfill.js';
import { planApproval, rejectHold, type HoldDecision } from './holds.js';
import type { DataPlace, PipelineParts } from './pipeline-parts.js';
import { planPhases } from './run/plan.js';
import { comparePhase, previewPhase, type PreviewOptions } from './preview.js';
import { readHealth, type Health } from '../history/health.js';
import { readMetrics, type MetricFacts } from '../history/metrics.js';
import {
  readHistory,
  readRuns,
  readStatus,
  type PipelineStatus,
  type RunFilter,
  type RunRecord,
} from '../history/runs.js';
import type { RunRequest, RunResult, StartedRun } from './run/run-request.js';
import { describeRunning, type RunningRun } from './run/running-run.js';
import { readSchedule, updateSchedule, type ScheduleChanges, type ScheduleState } from './schedule/schedule.js';

/** Who approves a hold, and how the run that publishes it is begun. */
export interface ApprovalRequest extends HoldDecision {
  readonly trigger?: RunRequest['trigger'];
  readonly signal?: AbortSignal;
}

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

  /**
   * What a run of cache sync, or of another phase that can say so, would do; writes nothing and needs no run lock.
   * @throws what `run` would refuse before it begins, and EOD_USAGE for a phase that only runs
   */
  async preview(options: PreviewOptions = {}): Promise<PhasePreview> {
    return asPipelineError(previewPhase(this.parts, { ...options, session: await this.previewSession(options) }));
  }

  /** How the published rows differ from what a run would write; writes nothing. @throws as `preview` */
  async parity(options: PreviewOptions = {}): Promise<PhaseParity> {
    return asPipelineError(comparePhase(this.parts, { ...options, session: await this.previewSession(options) }));
  }

  /** What gates hold back, newest session first. */
  async holds(filter: HoldFilter): Promise<readonly HoldRecord[]> {
    return asPipelineError(readHolds(this.parts.database, filter));
  }

  /** A hold with what approving it would publish. @throws EOD_HOLD_UNKNOWN */
  async hold(id: number): Promise<HoldDetail> {
    return asPipelineError(readHold(this.parts.database, id));
  }

  /**
   * Publishes exactly what a hold shows, together with the other holds of the same universe (or of the whole session), and waits for the end.
   * The result has EOD_HOLD_CHANGED when the input has changed since: nothing was published then.
   * @throws EOD_HOLD_UNKNOWN, EOD_HOLD_SETTLED, and what `run` throws
   */
  async approveHold(id: number, decision: ApprovalRequest): Promise<RunResult> {
    return (await this.triggerApproval(id, decision)).finished;
  }

  /** As `approveHold`, but resolves as soon as the run has begun. */
  async triggerApproval(id: number, { trigger, signal, ...decision }: ApprovalRequest): Promise<StartedRun> {
    const { database, orchestrator } = this.parts;
    const { session, approval } = await asPipelineError(planApproval(database, orchestrator.store, id, decision));
    return this.trigger({
      session,
      phases: ['cache-sync'],
      triggeredBy: decision.by,
      approval,
      ...(trigger && { trigger }),
      ...(signal && { signal }),
    });
  }

  /**
   * Keeps what is published in place of what a hold shows, and closes the other holds of the same universe (or session) with it.
   * @returns the ids that were open
   * @throws EOD_HOLD_UNKNOWN, EOD_HOLD_SETTLED
   */
  async rejectHold(id: number, decision: HoldDecision & { readonly signal?: AbortSignal }): Promise<readonly number[]> {
    const { database, clock } = this.parts;
    return asPipelineError(rejectHold(database, id, decision, new Date(clock.now())));
  }

  async universes(): Promise<readonly UniverseOverview[]> {
    return asPipelineError(readUniverses(this.parts.database));
  }

  /**
   * A universe with its members and what the session changed, now or at a point in time.
   * @throws EOD_UNIVERSE_UNKNOWN naming the nearest, EOD_SESSION_INVALID
   */
  async universe(name: string, at: PointInTime = {}): Promise<UniverseDetail> {
    return this.at(at, (moment) => readUniverse(this.parts.database, name, moment));
  }

  /** A page of its members, without the changes. @throws EOD_UNIVERSE_UNKNOWN naming the nearest, EOD_SESSION_INVALID */
  async members(
    name: string,
    { limit, offset = 0, ...at }: { readonly limit: number; readonly offset?: number } & PointInTime,
  ): Promise<UniversePage> {
    return this.at(at, (moment) => readMembers(this.parts.database, name, { limit, offset }, moment));
  }

  /**
   * Who came and who went between two sessions; without `to`, until now.
   * @throws EOD_UNIVERSE_UNKNOWN, EOD_SESSION_INVALID
   */
  async diff(
    name: string,
    {
      from,
      to,
      knownAt,
    }: { readonly from: SessionDate; readonly to?: SessionDate | undefined } & Pick<PointInTime, 'knownAt'>,
  ): Promise<UniverseDiff> {
    return this.at({ asOf: from, knownAt }, (first) =>
      this.at({ asOf: to, knownAt }, (last) => readDiff(this.parts.database, name, first, last)),
    );
  }

  /**
   * Why a symbol is a member of a universe or is not, and what would change it.
   * @throws EOD_UNIVERSE_UNKNOWN, EOD_SYMBOL_UNKNOWN, EOD_SESSION_INVALID
   */
  async why(
    symbol: string,
    name: string,
    { session }: { readonly session?: SessionDate | undefined } = {},
  ): Promise<Why> {
    const { database, calendar } = this.parts;
    return this.at({ asOf: session }, (moment) => readWhy(database, calendar, symbol, name, moment));
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

  /** Its universes, now or at a point in time. @throws EOD_SYMBOL_UNKNOWN, EOD_SESSION_INVALID */
  async symbolUniverses(symbol: string, at: PointInTime = {}): Promise<SymbolUniverses> {
    return this.at(at, (moment) => readSymbolUniverses(this.parts.database, symbol, moment));
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

  private async at<Result>(at: PointInTime, read: (moment: Moment) => Promise<Result>): Promise<Result> {
    return asPipelineError(resolveMoment(this.parts.database, this.parts.calendar, at).then(read));
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

  /** As of a run without import: nothing else can be looked at ahead. */
  private async previewSession({ session, phase = 'cache-sync' }: PreviewOptions): Promise<SessionDate> {
    planPhases(this.parts.phases, [phase]);
    const chosen = session ?? (await this.defaultSession([phase]));
    this.parts.calendar.assertClosedSession(chosen, this.parts.clock.now());
    return chosen;
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
