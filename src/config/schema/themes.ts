import { z } from 'zod';
import { count, key, tickers, title, unique, usd, word } from './fields.js';

const words = unique(z.array(word).min(1));

/** All given conditions must hold; within a list, one entry. */
const themeConditionSchema = z
  .strictObject({
    sector: words.optional().describe('the sector is one of these, any case'),
    industry: words.optional().describe('the industry is one of these, any case'),
    sic: unique(z.array(z.string().regex(/^\d{1,4}$/, 'one to four digits')))
      .optional()
      .describe('the SIC code begins with one of these'),
    nameWords: words.optional().describe('the name contains one of these, whole words, any case'),
    exchange: words.optional().describe('the exchange is one of these'),
    minCapUsd: usd.optional().describe('USD; the market cap is at least this'),
  })
  .refine((condition) => Object.values(condition).some((value) => value !== undefined), {
    error: 'has no condition; allowed are sector, industry, sic, nameWords, exchange, minCapUsd',
  });

const themeRulesSchema = z
  .strictObject({
    all: z.array(themeConditionSchema).default([]).describe('each of these must be met'),
    any: z.array(themeConditionSchema).default([]).describe('at least one of these must be met'),
    not: z.array(themeConditionSchema).default([]).describe('none of these may be met'),
  })
  .refine(({ all, any }) => all.length + any.length > 0, { error: 'would include the whole market: give all or any' });

const themeSchema = z
  .strictObject({
    key,
    title,
    description: z.string().optional(),
    symbols: unique(tickers.max(500)).default([]).describe('curated members'),
    rules: themeRulesSchema.optional().describe('includes securities that meet them, besides the curated symbols'),
    maxSize: count
      .optional()
      .describe('maximum number of members, largest by market cap first; pinned ones always stay'),
    pins: unique(tickers.max(500)).default([]).describe('members regardless of rules and size'),
    exclusions: unique(tickers.max(500)).default([]).describe('never members'),
    minStaySessions: z
      .number()
      .int()
      .min(0)
      .max(260)
      .default(5)
      .describe('minimum number of sessions that a member by rule stays'),
  })
  .superRefine((theme, context) => {
    if (theme.symbols.length + theme.pins.length === 0 && theme.rules === undefined) {
      context.addIssue({ code: 'custom', message: 'has neither symbols nor pins nor rules' });
    }
    const excluded = theme.pins.filter((symbol) => theme.exclusions.includes(symbol));
    if (excluded.length > 0) {
      context.addIssue({ code: 'custom', path: ['pins'], message: `also has ${excluded.join(', ')} among exclusions` });
    }
    if (theme.maxSize !== undefined && theme.pins.length > theme.maxSize) {
      const message = `has ${theme.pins.length} symbols, more than maxSize ${theme.maxSize}`;
      context.addIssue({ code: 'custom', path: ['pins'], message });
    }
  });

export const themesFileSchema = z.strictObject({
  themes: unique(z.array(themeSchema).min(1), 'key', 'title'),
});
