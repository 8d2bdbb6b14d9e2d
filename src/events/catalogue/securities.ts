import { z } from 'zod';
import { defineEvent } from '../event.js';
import { name, session, text } from '../payload-fields.js';

export const securityRenamed = defineEvent({
  event: 'security_renamed',
  channels: ['tickstock:cache:security_renamed'],
  source: 'daily_cache_sync_job',
  delivery: 'stored',
  meaning: 'A security trades under another ticker.',
  isBeyondContract: true,
  payload: z.strictObject({
    from: name,
    to: name,
    name: text.describe('of the security; empty when unknown'),
    session: session.describe('in which it was found, YYYY-MM-DD'),
  }),
  example: { from: 'BK', to: 'BNY', name: 'The Bank of New York Mellon Corporation', session: '2026-05-21' },
});

export const barsRestated = defineEvent({
  event: 'bars_restated',
  channels: ['tickstock:data:bars_restated'],
  source: 'daily_import_job',
  delivery: 'stored',
  meaning:
    'A corporate action was recorded or withdrawn after its session: adjusted bars before it, and what is computed from them, change.',
  isBeyondContract: true,
  payload: z.strictObject({
    symbol: name.describe('present ticker of the security'),
    session: session.describe('closes before it count differently, YYYY-MM-DD'),
    kind: name.describe('split, stock_dividend, unit_change, cash_dividend, spin_off, merger, none'),
    ratio: text.describe('new:old shares; empty for an action without'),
    adjusted: z
      .enum(['split', 'total'])
      .describe('the least adjustment that changes: bars adjusted for splits, or only those for dividends too'),
    change: z.enum(['recorded', 'withdrawn']),
  }),
  example: {
    symbol: 'KLAC',
    session: '2026-06-12',
    kind: 'split',
    ratio: '10:1',
    adjusted: 'split',
    change: 'recorded',
  },
});
