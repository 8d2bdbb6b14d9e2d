import { z } from 'zod';

export const runSchema = z
  .strictObject({
    concurrency: z
      .number()
      .int()
      .min(1)
      .max(32)
      .default(4)
      .describe('bound of the limiter that a run hands its phases'),
    phaseTimeoutMinutes: z
      .number()
      .int()
      .min(1)
      .max(1440)
      .default(30)
      .describe('minutes a phase may take before it is stopped'),
  })
  .prefault({});
