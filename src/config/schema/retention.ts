import { z } from 'zod';

/** How long is kept what answers no question of `why`, a replay or a diff; the rest is kept for ever. Events: `redis.keepDays`. */
export const retentionSchema = z
  .strictObject({
    rejectedRowsDays: z
      .number()
      .int()
      .min(1)
      .max(36_500)
      .default(365)
      .describe('days to keep rows that an import refused, from the run that refused them on'),
  })
  .prefault({});
