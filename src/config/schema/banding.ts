import { z } from 'zod';
import { key } from './fields.js';

const ratio = z.number().positive().max(10);

export const bandingSchema = z.strictObject({
  universe: key.describe('key of a ranking or a band'),
  publish: z
    .enum(['banded', 'both'])
    .default('banded')
    .describe('banded: replaces the strict one; both: published beside it, under the key with _banded'),
  inRatio: ratio.max(1).default(0.9).describe('of a ranking of N: a stock joins at rank inRatio × N or better'),
  outRatio: ratio.min(1).default(1.11).describe('of a ranking of N: a member leaves at rank outRatio × N or worse'),
  capPct: z
    .number()
    .min(0)
    .max(50)
    .default(5)
    .describe('of a band: percent a market cap must be beyond the limit before a member leaves'),
  minStaySessions: z.number().int().min(0).max(260).default(0).describe('minimum number of sessions a member stays'),
});
