import { z } from 'zod';

/** A day that differs from the calendar, as the exchange announced it. */
export const announcedDaySchema = z.strictObject({
  date: z.iso.date(),
  kind: z
    .enum(['closed', 'early-close', 'open'])
    .describe('open: a full day, for a holiday or an early close that is not'),
  reason: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'has control characters'),
});
