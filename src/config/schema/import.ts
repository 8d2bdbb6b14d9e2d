import { z } from 'zod';
import { csvSchema } from './csv.js';
import { key, unique, usd } from './fields.js';
import { massiveSchema } from './massive.js';

export const importSchema = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .default('auto')
      .describe(
        'id of the import source; auto: csv with one file or a preset, screener with a folder, sample where `tickstock start` began it, else existing',
      ),
    dir: z
      .string()
      .min(1)
      .optional()
      .describe('folder with the files of the import source, or one file for the source csv'),
    exchanges: unique(z.array(key).min(1))
      .default(['nasdaq', 'nyse', 'amex'])
      .describe('exchanges that a complete import must contain'),
    hostFacts: z
      .enum(['keep', 'replace'])
      .default('keep')
      .describe(
        'whether names, sectors, industries, countries and ETF facts that symbols held when it was adopted are kept, and only empty ones filled, or replaced by those of the source',
      ),
    maxPriceUsd: usd.default(10_000_000).describe('USD; a close above this is refused as a misprint'),
    maxRejectedPct: z
      .number()
      .min(0)
      .max(100)
      .default(5)
      .describe('maximum percentage of invalid rows; above it nothing is imported'),
    csv: csvSchema.describe('how the files of the source csv are read'),
    massive: massiveSchema.describe('how the source massive calls its API'),
  })
  .prefault({});
