import type { TradingCalendar } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import { PipelineError } from '../core/errors.js';
import type { Phase } from '../core/phase.js';
import type { SessionDate } from '../core/session.js';
import type { Database } from '../db/database.js';
import { migrate, readMigrationStatus, type MigrationStatus } from '../db/migrate.js';
import { readUniverse, readUniverses, type UniverseDetail, type UniverseOverview } from '../db/read-universes.js';
import type { ProgressTracker } from '../progress/tracker.js';
import { runBackfill, type BackfillRequest, type BackfillResult } from './backfill.js';
import { planPhases } from './plan.js';
import { readHistory, readStatus, type PipelineStatus, type RunRecord } from './read-runs.js';
import type { Orchestrator, RunRequest, RunResult } from './run.js';

/** Where the data lies, for people. */
export interface DataPlace {
  readonly kind: 'embedded' | 'server' | 'host';
  /** Folder of the embedded server, or address without the password. */
  readonly place: string;
  /** How to connect to it with any client. */
  readonly url: string | null;
}

export interface PipelineParts {
  readonly database: Database;
  readonly orchestrator: Orchestrator;
  readonly phases: readonly Phase[];
  readonly calendar: TradingCalendar;
  readonly tracker: ProgressTracker;
  readonly clock: Clock;
  readonly place: DataPlace;
  readonly dispose: () => Promise<void>;
}

/** One assembled pipeline: what the command line, a service and an embedding process all call. */
export class Pipeline {
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

  /**
   * Runs the phases for a session; without one, for the newest session that has closed, or that has been imported when import is not part
   * of the run.
   * @throws EOD_PHASE_UNKNOWN, EOD_SESSION_INVALID, EOD_SESSION_FUTURE, and what `Orchestrator.run` throws
   */
  async run(request: Partial<RunRequest> = {}): Promise<RunResult> {
    // First, because the default session depends on the phases: of one that does not exist nothing can be said.
    planPhases(this.parts.phases, request.phases);
    const session = request.session ?? (await this.defaultSession(request.phases));
    this.parts.calendar.assertClosedSession(session, this.parts.clock.now());
    return this.parts.orchestrator.run({ ...request, session });
  }

  /** Runs a range of sessions in order; see `runBackfill`. */
  async backfill(request: BackfillRequest): Promise<BackfillResult> {
    return runBackfill(this.parts.orchestrator, this.parts.calendar, this.parts.clock, request);
  }

  async universes(): Promise<readonly UniverseOverview[]> {
    return readUniverses(this.parts.database);
  }

  /** @throws EOD_UNIVERSE_UNKNOWN naming the nearest */
  async universe(name: string): Promise<UniverseDetail> {
    return readUniverse(this.parts.database, name);
  }

  async status(): Promise<PipelineStatus> {
    return readStatus(this.parts.database);
  }

  /** Runs, newest first. */
  async history(limit: number): Promise<readonly RunRecord[]> {
    return readHistory(this.parts.database, limit);
  }

  async migrate(): Promise<readonly string[]> {
    return migrate(this.parts.database);
  }

  async migrationStatus(): Promise<MigrationStatus> {
    return readMigrationStatus(this.parts.database);
  }

  /** Closes what this pipeline opened, and nothing a host brought. */
  async close(): Promise<void> {
    await this.parts.dispose();
  }

  private async defaultSession(phases: readonly string[] = []): Promise<SessionDate> {
    if (phases.length === 0 || phases.includes('import')) return this.parts.calendar.lastClosed(this.parts.clock.now());
    const imported = await this.parts.orchestrator.store.newestCompleted('import');
    if (imported !== undefined) return imported;
    throw new PipelineError('EOD_PHASE_NEEDS', `${phases.join(', ')} cannot run: no session has been imported yet`, {
      hint: 'run `tickstock run` first, or `tickstock run --phase import`',
    });
  }
}
