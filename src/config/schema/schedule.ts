import { z } from 'zod';

export const scheduleSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('start a run automatically every evening; a schedule set over HTTP takes precedence'),
    triggerTime: z
      .string()
      .regex(/^(([01]\d|2[0-3]):[0-5]\d|source)$/, 'a time of day, HH:MM, or source')
      .default('16:10')
      .describe('time of day in New York, HH:MM; source: when the import source publishes'),
    marketCheck: z.boolean().default(true).describe('only on days that the market is open'),
    waitMinutes: z
      .number()
      .int()
      .min(1)
      .max(1440)
      .default(360)
      .describe('minutes after the trigger time to wait for a complete source; then the session is missed'),
    catchUp: z
      .enum(['each', 'latest', 'none'])
      .default('each')
      .describe('sessions that were due while no service ran: each in order, only the latest, none'),
    catchUpSessions: z.number().int().min(1).max(20).default(10).describe('how many sessions are caught up at most'),
    lateMinutes: z
      .number()
      .int()
      .min(1)
      .max(10_080)
      .default(60)
      .describe('minutes after the trigger time from which a session that is not published is late'),
  })
  .prefault({});
