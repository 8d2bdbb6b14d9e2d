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
    retrySeconds: z
      .number()
      .min(0)
      .max(3600)
      .default(300)
      .describe('seconds to retry a phase that lost the database or met a deadlock; 0 for no retry'),
    leaseSeconds: z
      .number()
      .min(0.5)
      .max(3600)
      .default(20)
      .describe('seconds without a renewal after which another process takes a run over'),
    leaseHeartbeatSeconds: z
      .number()
      .min(0.1)
      .max(600)
      .default(5)
      .describe('seconds between two renewals, at most half of leaseSeconds'),
  })
  .refine(({ leaseSeconds, leaseHeartbeatSeconds }) => leaseHeartbeatSeconds <= leaseSeconds / 2, {
    path: ['leaseHeartbeatSeconds'],
    message: 'must be at most half of leaseSeconds: one lost renewal would end the run',
  })
  .prefault({});
