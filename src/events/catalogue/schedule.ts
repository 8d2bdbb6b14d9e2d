import { z } from 'zod';
import { defineEvent } from '../event.js';
import { flag, name, session } from '../payload-fields.js';

export const scheduleUpdated = defineEvent({
  event: 'schedule_updated',
  channels: ['tickstock:processing:schedule'],
  source: 'daily_processing_scheduler',
  delivery: 'stored',
  meaning: 'The schedule of automatic runs was changed.',
  payload: z.strictObject({
    enabled: flag,
    trigger_time: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
      .describe('HH:MM in the time zone below'),
    timezone: name,
    market_check: flag.describe('whether runs start only on days the market is open'),
    next_run: z.iso.datetime().nullable().describe('UTC instant of the next start; null while disabled'),
  }),
  example: {
    enabled: true,
    trigger_time: '16:10',
    timezone: 'America/New_York',
    market_check: true,
    next_run: '2026-07-01T20:10:00.000Z',
  },
});

export const sessionVerdict = defineEvent({
  event: 'session_verdict',
  channels: ['tickstock:processing:schedule'],
  source: 'daily_processing_scheduler',
  delivery: 'stored',
  meaning: 'A session that is due waits for its source, is missed, or is late.',
  payload: z.strictObject({
    session,
    verdict: z.enum(['waiting', 'missed']),
    late: flag.describe('whether it is not published schedule.lateMinutes after its trigger time'),
    reason: name.nullable(),
    due_at: z.iso.datetime().describe('UTC instant of its trigger time'),
  }),
  example: {
    session: '2026-06-30',
    verdict: 'missed',
    late: true,
    reason: 'EOD_SOURCE_MISSING: data/2026-06-30 has no file for nyse',
    due_at: '2026-06-30T20:10:00.000Z',
  },
});
