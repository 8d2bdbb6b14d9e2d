import { z } from 'zod';
import { defineEvent } from '../event.js';
import { name, text } from '../payload-fields.js';

export const processingError = defineEvent({
  event: 'processing_error',
  channels: ['tickstock:errors'],
  source: 'daily_processing',
  delivery: 'stored',
  meaning: 'An error occurred. A failed run sends it before daily_processing_completed.',
  payload: z.strictObject({
    severity: z.enum(['warning', 'error', 'critical']),
    component: z
      .string()
      .regex(/processing|import|scheduler/)
      .describe('contains processing, import or scheduler: the reader drops others'),
    error_code: name.describe("from the README's table of errors"),
    message: name,
    error_message: name.describe('the same as message'),
    context: z.record(z.string(), z.unknown()).describe('facts for machines'),
    recovery_action: text.describe('what to do next; empty when there is no advice'),
  }),
  example: {
    severity: 'error',
    component: 'daily_processing',
    error_code: 'EOD_SOURCE_MISSING',
    message: 'nasdaq/2026-06-30.csv is not there',
    error_message: 'nasdaq/2026-06-30.csv is not there',
    context: { run_id: '3f0d5a52-7f6e-4a47-9b0a-5c1d7f2f8a11' },
    recovery_action: 'download the file, then run `tickstock run --session 2026-06-30` again',
  },
});
