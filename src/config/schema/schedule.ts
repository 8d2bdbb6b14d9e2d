import { z } from 'zod';

export const scheduleSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('start a run every evening by itself, until the schedule is set over HTTP'),
    triggerTime: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, HH:MM')
      .default('16:10')
      .describe('when, in New York'),
    marketCheck: z.boolean().default(true).describe('only on days that the market is open'),
  })
  .prefault({});
