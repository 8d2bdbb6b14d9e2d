import { z } from 'zod';
import { PipelineError } from '../core/errors.js';
import { parseSessionDate, type SessionDate } from '../core/session.js';
import { asPipelineError } from '../db/database-error.js';
import type { PipelineParts } from './pipeline-parts.js';
import { announcedDaySchema } from './schedule/announced-day.js';
import { announceDay, listAnnouncedDays, withdrawDay, type AnnouncedDay } from './schedule/announced-days.js';

export type { AnnouncedDay } from './schedule/announced-days.js';

/** Days that the exchange announces after the release: `pipeline.announcements`. They are stored, so they apply to every process on this database. */
export class PipelineAnnouncements {
  constructor(private readonly parts: Pick<PipelineParts, 'database' | 'calendar' | 'clock'>) {}

  async list(): Promise<readonly AnnouncedDay[]> {
    return asPipelineError(listAnnouncedDays(this.parts.database.pool));
  }

  /** @throws EOD_REQUEST_INVALID, and as `announceDay` */
  async announce(day: z.input<typeof announcedDaySchema>, by: string): Promise<void> {
    const { database, calendar, clock } = this.parts;
    const parsed = announcedDaySchema.safeParse(day);
    if (!parsed.success) throw new PipelineError('EOD_REQUEST_INVALID', z.prettifyError(parsed.error));
    const date = parseSessionDate(parsed.data.date);
    const options = { by, at: new Date(clock.now()) };
    await asPipelineError(announceDay(database, calendar, { ...parsed.data, date }, options));
  }

  /** Takes an announcement back. @throws as `withdrawDay` */
  async withdraw(date: SessionDate): Promise<void> {
    await asPipelineError(withdrawDay(this.parts.database, this.parts.calendar, date));
  }
}
