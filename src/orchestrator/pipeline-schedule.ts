import { asPipelineError } from '../db/database-error.js';
import type { PipelineParts } from './pipeline-parts.js';
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
}
