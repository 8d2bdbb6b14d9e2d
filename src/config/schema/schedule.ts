import { z } from 'zod';

export const scheduleSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('start a run automatically every evening; a schedule set over HTTP takes precedence'),
    triggerTime: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, HH:MM')
      .default('16:10')
      .describe('time of day in New York, HH:MM'),
    marketCheck: z.boolean().default(true).describe('only on days that the market is open'),
  })
  .prefault({});
