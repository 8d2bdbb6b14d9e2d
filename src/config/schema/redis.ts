import { z } from 'zod';

/** `redis://`, `rediss://` (TLS), or the path of a unix socket. */
const redisAddress = z
  .string()
  .regex(/^(rediss?:\/\/|\/)/, {
    error: 'a redis:// or rediss:// address, or the path of a unix socket',
    abort: true,
  })
  .refine((address) => address.startsWith('/') || URL.canParse(address), {
    error:
      'is an address that cannot be read, not shown here as it may hold a password; allowed: ' +
      'redis://user:password@host:port/database, with special characters of the password percent-encoded',
  });

export const redisSchema = z
  .strictObject({
    url: redisAddress.optional().meta({
      secret: true,
      description: 'address of the Redis to publish events to; without one they stay in the database',
    }),
    commandTimeoutMs: z
      .number()
      .int()
      .min(100)
      .max(60_000)
      .default(5000)
      .describe('time limit for an answer of Redis in milliseconds; events are retried later'),
    streamMaxLength: z
      .number()
      .int()
      .min(100)
      .max(10_000_000)
      .default(100_000)
      .describe('approximate number of events kept in the stream'),
    loadJobs: z
      .boolean()
      .default(true)
      .describe('whether a service answers load jobs of TickStockAppV2 (tickstock.jobs.data_load)'),
    keepDays: z
      .number()
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe('days to keep published events, and unpublished ones when no Redis is configured'),
  })
  .prefault({});
