import { z } from 'zod';
import { key, tickers, title, unique, usd, word } from './fields.js';

/** `etf_all` and the `_detailed` lists are built in and cannot be configured as categories. */
const etfCategoryKey = key.refine((text) => text !== 'etf_all' && !text.endsWith('_detailed'), {
  error: 'is made by the code; choose another key',
});

export const etfCategorySchema = z.strictObject({
  key: etfCategoryKey,
  title,
  types: unique(z.array(word)).default([]).describe('includes ETFs whose etf_type is one of these, any case'),
  nameWords: unique(z.array(word))
    .default([])
    .describe('includes ETFs whose name contains one of these, any case, whole words'),
  excludeWords: unique(z.array(word))
    .default([])
    .describe('excludes ETFs whose name contains one of these, unless listed in symbols'),
  symbols: unique(tickers).default([]).describe('always includes these, regardless of type and name'),
  minAumMillions: usd.default(0).describe('USD millions; excludes ETFs known to have less, unless listed in symbols'),
  minDollarVolumeUsd: usd
    .default(0)
    .describe('USD traded in the session; excludes ETFs with less, unless listed in symbols'),
});
