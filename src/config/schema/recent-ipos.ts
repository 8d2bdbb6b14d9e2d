import { z } from 'zod';
import { count, key, unique, usd, word } from './fields.js';

/** Built in beside the configured groups. */
const ipoKey = key.refine((text) => text !== 'recent_ipos', { error: 'is made by the code; choose another key' });

const ipoGroupSchema = z.strictObject({
  sectors: unique(z.array(word).min(1)).describe('words, one of which the sector contains, any case'),
  keys: unique(z.array(ipoKey).min(1)).describe('universes of recent IPOs in such a sector'),
});

export const recentIposSchema = z.strictObject({
  days: count.describe('calendar days after its listing during which a stock is recent'),
  groups: z
    .array(ipoGroupSchema)
    .default([])
    .describe('further universes of recent IPOs besides recent_ipos; the first group that matches'),
  fallback: z
    .strictObject({
      minUsd: usd.describe('USD; stocks without a group are in `above` when their market cap is larger'),
      above: ipoKey,
      below: ipoKey,
    })
    .optional()
    .describe('universes of recent IPOs whose sector is in no group'),
});
