import { z } from 'zod';
import { title } from './fields.js';

const overrideSchema = z.strictObject({
  date: z.iso.date(),
  kind: z.enum(['closed', 'early-close', 'open']),
  reason: title,
});

export const calendarFileSchema = z.strictObject({
  overrides: z.array(overrideSchema).meta({ identity: 'date' }).default([]),
});
