import { z } from 'zod';
import { count, key, unique, usd, word } from './fields.js';

/** Built in beside the configured groups. */
const ipoKey = key.refine((text) => text !== 'recent_ipos', { error: 'is made by the code; choose another key' });

const ipoGroupSchema = z.strictObject({
  sectors: unique(z.array(word).min(1)).describe('words one of which the sector holds, any case'),
  keys: unique(z.array(ipoKey).min(1)).describe('universes a recent IPO of such a sector goes to'),
});

export const recentIposSchema = z.strictObject({
  days: count.describe('calendar days after its listing that a stock counts as recent'),
  groups: z.array(ipoGroupSchema).default([]).describe('where recent IPOs go besides recent_ipos; the first that fits'),
  fallback: z
    .strictObject({
      minUsd: usd.describe('USD; a stock of no group with a larger market cap goes to `above`'),
      above: ipoKey,
      below: ipoKey,
    })
    .optional()
    .describe('where a recent IPO goes whose sector is in no group'),
});
