import { asPipelineError } from '../db/database-error.js';
import type { PipelineParts } from './pipeline-parts.js';
import {
  readFreshness,
  readSessions,
  type Freshness,
  type SessionsParts,
  type SessionsRequest,
} from './schedule/sessions.js';
import type { SessionVerdict } from './schedule/verdict.js';
import { readSchedule, updateSchedule, type ScheduleChanges, type ScheduleState } from './schedule/schedule.js';

/** The schedule of automatic runs: `pipeline.schedule`. It is stored, so a change applies to every process on this database. */
export class PipelineSchedule {
  constructor(private readonly parts: Pick<PipelineParts, 'database' | 'config' | 'calendar' | 'clock' | 'relay'>) {}

  async read(): Promise<ScheduleState> {
    const { database, config, calendar, clock } = this.parts;
    return asPipelineError(readSchedule(database, config.schedule, calendar, clock.now()));
  }

  /** @throws EOD_REQUEST_INVALID */
  async update(changes: ScheduleChanges): Promise<ScheduleState> {
    const { database, config, calendar, clock } = this.parts;
    const state = await asPipelineError(updateSchedule(database, config.schedule, calendar, changes, clock.now()));
    this.parts.relay?.wake();
    return state;
  }

  /**
   * A verdict for every weekday of a range that has closed, oldest first; without dates for the last ten sessions.
   * @throws EOD_SESSION_INVALID
   */
  async sessions(request: SessionsRequest = {}): Promise<readonly SessionVerdict[]> {
    return asPipelineError(readSessions(this.verdictParts(), request, this.parts.clock.now()));
  }

  /** How far the newest published session is behind, and whether one that was due is late. */
  async freshness(): Promise<Freshness> {
    return asPipelineError(readFreshness(this.verdictParts(), this.parts.clock.now()));
  }

  private verdictParts(): SessionsParts {
    const { database, calendar, config } = this.parts;
    return { database, calendar, defaults: config.schedule, lateMs: config.schedule.lateMinutes * 60_000 };
  }
}
