import { z } from 'zod';
import { key, unique, usd } from './fields.js';

export const importSchema = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .default('auto')
      .describe('id of the import source; auto: screener with a folder, sample on the embedded server, else existing'),
    dir: z.string().min(1).optional().describe('folder that holds the files of the import source'),
    exchanges: unique(z.array(key).min(1))
      .default(['nasdaq', 'nyse', 'amex'])
      .describe('exchanges a complete import must hold'),
    maxPriceUsd: usd.default(10_000_000).describe('USD; a close above this is refused as a misprint'),
    maxRejectedPct: z
      .number()
      .min(0)
      .max(100)
      .default(5)
      .describe('percent of rows that may be invalid; more, and nothing is imported'),
  })
  .prefault({});
