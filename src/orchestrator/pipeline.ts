import type { Config } from '../config/schema/index.js';
import type { TradingCalendar } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import type { PhaseParity, PhasePreview } from '../core/preview.js';
import type { UniverseTrial } from '../core/universe-trial.js';
import { asPipelineError } from '../db/database-error.js';
import { migrate, readMigrationStatus, type MigrationStatus } from '../db/migrate.js';
import { listGrants } from '../db/grants.js';
import { readSize, type DatabaseSize } from '../db/sizes.js';
import { readEvents, type EventPage, type EventsRequest } from '../events/replay.js';
import { republish, type RepublishRange } from '../events/republish.js';
import { History, readStatus, type PipelineStatus } from '../history/history.js';
import type { ProgressTracker } from '../progress/tracker.js';
import { runBackfill, type BackfillRequest, type BackfillResult } from './backfill.js';
import { examine, type CheckResult } from './doctor/doctor.js';
import { PipelineHandover } from './pipeline-handover.js';
import { PipelineAnnouncements } from './pipeline-announcements.js';
import { PipelineHolds } from './pipeline-holds.js';
import type { DataStorage, PipelineParts } from './pipeline-parts.js';
import { PipelineNotifications } from './pipeline-notifications.js';
import { PipelineRuns } from './pipeline-runs.js';
import { PipelineSchedule } from './pipeline-schedule.js';
import { PipelineExceptions } from './pipeline-exceptions.js';
import { PipelineSecurities } from './pipeline-securities.js';
import { PipelineService } from './pipeline-service.js';
import { importRange, type ImportRangeRequest, type ImportRangeResult } from './import-range.js';
import { previewBackfill, type BackfillPreview } from './preview-backfill.js';
import { comparePhase, previewPhase, tryUniverses, type PreviewOptions, type TrialOptions } from './preview.js';
import { planPhases } from './run/plan.js';
import { toJob } from './run/run-events.js';
import type { RunRequest, RunResult, StartedRun } from './run/run-request.js';
import type { RunningRun } from './run/running-run.js';

/** A Redis that is reachable gets the events of a run that has just ended within milliseconds; otherwise the next process delivers them. */
const DRAIN_MS = 2000;

/** A phase as front ends name it; `job` is its name in the events and in the HTTP API. */
export interface PhaseName {
  readonly id: string;
  readonly title: string;
  readonly job: string;
}

/**
 * One assembled pipeline, the same for the command line, the service and an embedding process. Runs are started here; everything else is
 * divided by subject.
 */
export class Pipeline {
  /** What is published and what has run, now or at a point in time. */
  readonly history: History;
  readonly holds: PipelineHolds;
  /** Single figures that a person must decide about. */
  readonly exceptions: PipelineExceptions;
  /** Corporate actions and adjusted bars. */
  readonly securities: PipelineSecurities;
  readonly schedule: PipelineSchedule;
  readonly service: PipelineService;
  /** Days that the exchange announces after the release. */
  readonly announcements: PipelineAnnouncements;
  readonly handover: PipelineHandover;
  readonly notifications: PipelineNotifications;
  /** Stored events, for consumers that missed some. */
  readonly events: {
    /** Events after one of them, or from the first that is kept. @throws EOD_EVENT_UNKNOWN */
    readonly read: (request: EventsRequest) => Promise<EventPage>;
    /** Publishes the events of a range again. @returns their number */
    readonly republish: (range: RepublishRange) => Promise<number>;
  };
  /** The tables of the pipeline. */
  readonly schema: {
    /** @returns the names of the migrations that were applied */
    readonly migrate: () => Promise<readonly string[]>;
    readonly status: () => Promise<MigrationStatus>;
    /** Bytes by table, for each stock of a session, and for a year. */
    readonly size: () => Promise<DatabaseSize>;
    /** The least grants that a user needs to run every phase, as SQL. */
    readonly grants: (role?: string) => Promise<readonly string[]>;
  };
  private readonly runs: PipelineRuns;

  constructor(private readonly parts: PipelineParts) {
    const { database, calendar } = parts;
    this.runs = new PipelineRuns(parts);
    this.history = new History(database, calendar);
    this.holds = new PipelineHolds(parts, (request) => this.start(request));
    this.exceptions = new PipelineExceptions(parts);
    this.securities = new PipelineSecurities(parts);
    this.schedule = new PipelineSchedule(parts);
    this.service = new PipelineService(
      parts,
      () => this.runs.recover(),
      () => this.schedule.freshness(),
    );
    this.announcements = new PipelineAnnouncements(parts);
    this.handover = new PipelineHandover(parts);
    this.notifications = new PipelineNotifications(parts);
    this.events = {
      read: async (request) => asPipelineError(readEvents(database.pool, request)),
      republish: async (range) => {
        const waiting = await asPipelineError(republish(database, range));
        parts.relay?.wake();
        return waiting;
      },
    };
    this.schema = {
      migrate: async () => migrate(database),
      status: async () => readMigrationStatus(database),
      size: async () => asPipelineError(readSize(database)),
      grants: async (role) => asPipelineError(listGrants(database, role)),
    };
  }

  /** Subscribe here for progress. */
  get tracker(): ProgressTracker {
    return this.parts.tracker;
  }

  get storage(): DataStorage {
    return this.parts.storage;
  }

  get calendar(): TradingCalendar {
    return this.parts.calendar;
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  /** Frozen; what the pipeline was assembled from. */
  get config(): Config {
    return this.parts.config;
  }

  /** In the order they run. */
  get phases(): readonly PhaseName[] {
    return planPhases(this.parts.phases).map((phase) => ({ id: phase.id, title: phase.title, job: toJob(phase) }));
  }

  /**
   * Runs the phases for a session and waits for the end; without one, for the newest session that has closed, or that has been imported when
   * import is not part of the run.
   * @throws EOD_PHASE_UNKNOWN, EOD_SESSION_INVALID, EOD_SESSION_FUTURE, and what `Orchestrator.start` throws
   */
  async run(request: Partial<RunRequest> = {}): Promise<RunResult> {
    return (await this.start(request)).finished;
  }

  /** As `run`, but resolves as soon as the run holds the lock and is recorded. Its end is `finished`. */
  async start(request: Partial<RunRequest> = {}): Promise<StartedRun> {
    return this.runs.start(request);
  }

  /** The run under way in this process; `status()` has a run of another process. */
  current(): RunningRun | null {
    return this.runs.current();
  }

  /**
   * Cancels the run under way, in this process or another one on the database: it stops within two seconds and publishes nothing more.
   * @param by who cancels it, for the audit
   * @returns its id
   * @throws EOD_NOT_RUNNING
   */
  async cancel(by: string): Promise<string> {
    return this.runs.cancel(by);
  }

  /** Runs a range of sessions in order; see `runBackfill`. */
  async backfill(request: BackfillRequest): Promise<BackfillResult> {
    const { orchestrator, calendar, clock } = this.parts;
    const run = (each: RunRequest): Promise<RunResult> => this.run(each);
    return runBackfill({ store: orchestrator.store, run }, calendar, clock, request);
  }

  /** Imports a range of sessions and publishes nothing; see `importRange`. */
  async importRange(request: ImportRangeRequest): Promise<ImportRangeResult> {
    const { orchestrator, calendar, clock } = this.parts;
    const run = (each: RunRequest): Promise<RunResult> => this.run(each);
    return asPipelineError(importRange({ store: orchestrator.store, run }, calendar, clock, request));
  }

  /** What a backfill would do: sessions, what is refused beforehand, and about how long; writes nothing. @throws as `backfill` */
  async previewBackfill(request: Pick<BackfillRequest, 'from' | 'to'>): Promise<BackfillPreview> {
    const [{ symbols }, universes] = await Promise.all([this.status(), this.history.universes()]);
    return asPipelineError(previewBackfill(this.parts, request, { symbols, universes: universes.length }));
  }

  /**
   * What a run of cache sync, or of another phase that supports it, would do; writes nothing and needs no run lock.
   * @throws what `run` would refuse before it begins, and EOD_USAGE for a phase without preview
   */
  async preview(options: PreviewOptions = {}): Promise<PhasePreview> {
    return asPipelineError(previewPhase(this.parts, options));
  }

  /**
   * What rankings and bands of the settings would contain in a session, and what each step removed; writes nothing.
   * @throws EOD_PHASE_NEEDS when nothing has been imported, EOD_SESSION_INVALID, EOD_SESSION_FUTURE
   */
  async tryUniverses(options: TrialOptions): Promise<UniverseTrial> {
    return asPipelineError(tryUniverses(this.parts, options));
  }

  /** How the published rows differ from what a run would write; writes nothing. @throws as `preview` */
  async parity(options: PreviewOptions = {}): Promise<PhaseParity> {
    return asPipelineError(comparePhase(this.parts, options));
  }

  /** Checks the invariants of the live database and its surroundings; writes nothing. */
  async examine(): Promise<readonly CheckResult[]> {
    const { parts } = this;
    return examine({ parts, nowMs: parts.clock.now(), freshness: () => this.schedule.freshness() });
  }

  /** The newest run, the newest sessions, open holds and waiting events. */
  async status(): Promise<PipelineStatus> {
    return asPipelineError(readStatus(this.parts.database));
  }

  /**
   * Cancels a run under way, delivers waiting events for as long as `drainMs` and notifications of its runs, and closes what this pipeline opened; a host's pool and client
   * stay open.
   */
  async close({ drainMs = DRAIN_MS }: { readonly drainMs?: number } = {}): Promise<void> {
    const { relay, notifier, dispose } = this.parts;
    this.runs.stopAccepting();
    await this.service.stop();
    await this.runs.close();
    await this.service.settle();
    await Promise.all([notifier.stop(), relay?.drain(drainMs)]);
    await relay?.stop();
    await dispose();
  }
}
