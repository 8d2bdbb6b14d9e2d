import { z } from 'zod';
import { key, tickers, title, unique, usd, word } from './fields.js';

/** `etf_all` and the `_detailed` lists are built in and cannot be configured as categories. */
const etfCategoryKey = key.refine((text) => text !== 'etf_all' && !text.endsWith('_detailed'), {
  error: 'is made by the code; choose another key',
});

export const etfCategorySchema = z.strictObject({
  key: etfCategoryKey,
  title,
  types: unique(z.array(word)).default([]).describe('takes in an ETF whose etf_type is one of these, any case'),
  nameWords: unique(z.array(word))
    .default([])
    .describe('takes in an ETF whose name holds one of these, any case, whole words'),
  excludeWords: unique(z.array(word))
    .default([])
    .describe('keeps out an ETF whose name holds one of these, unless it is among symbols'),
  symbols: unique(tickers).default([]).describe('takes in these, whatever their type and name'),
  minAumMillions: usd
    .default(0)
    .describe('USD millions; keeps out an ETF known to have less, unless it is among symbols'),
  minDollarVolumeUsd: usd
    .default(0)
    .describe('USD traded in the session; keeps out an ETF with less, unless it is among symbols'),
});
