import { z } from 'zod';
import { key, tickers, title, unique, word } from './fields.js';

const sectorSchema = z.strictObject({
  key,
  title,
  symbols: unique(tickers).default([]).describe('always in this sector'),
  industries: unique(z.array(word))
    .default([])
    .describe('industries of the source, any case; they come before sectors'),
  sectors: unique(z.array(word)).default([]).describe('sectors of the source, any case'),
});

/** In more than one sector a text would decide by the order of the lists. */
const LISTS = ['symbols', 'industries', 'sectors'] as const;

export const sectorsFileSchema = z.strictObject({
  sectors: unique(z.array(sectorSchema).min(1), 'key', 'title').superRefine((sectors, context) => {
    for (const list of LISTS) {
      const owners = new Map<string, string>();
      sectors.forEach((sector, index) => {
        sector[list].forEach((text, position) => {
          const owner = owners.get(text.toLowerCase());
          if (owner !== undefined && owner !== sector.key) {
            const path = [index, list, position];
            context.addIssue({ code: 'custom', path, message: `is ${JSON.stringify(text)}, which ${owner} has too` });
          }
          owners.set(text.toLowerCase(), sector.key);
        });
      });
    }
  }),
});
