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
      description: 'address of the Redis that events go to; without one they wait in the database',
    }),
    commandTimeoutMs: z
      .number()
      .int()
      .min(100)
      .max(60_000)
      .default(5000)
      .describe('milliseconds Redis has to answer, before the events are kept for later'),
    streamMaxLength: z
      .number()
      .int()
      .min(100)
      .max(10_000_000)
      .default(100_000)
      .describe('events the stream keeps, about'),
    keepDays: z
      .number()
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe('days the database keeps events that were delivered, or all of them where there is no Redis'),
  })
  .prefault({});
