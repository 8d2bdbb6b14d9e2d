import { z } from 'zod';

export const runSchema = z
  .strictObject({
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(32)
      .default(4)
      .describe('concurrency limit that a run passes to its phases'),
    phaseTimeoutMinutes: z.number().int().min(1).max(1440).default(30).describe('time limit of a phase in minutes'),
  })
  .prefault({});
