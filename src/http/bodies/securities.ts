import { z } from 'zod';
import { instant, session } from './fields.js';

/** A corporate action in an answer. */
export const actionBody = z.object({
  id: z.int().positive(),
  symbol: z.string().describe('ticker in the session'),
  session: session.describe('first session with the new price'),
  kind: z.string().describe('split, stock_dividend, unit_change, cash_dividend, distribution, spin_off, merger, none'),
  new_shares: z.number().nullable().describe('shares that old_shares became'),
  old_shares: z.number().nullable(),
  amount_usd: z.number().nullable().describe('USD a share'),
  source: z.enum(['derived', 'file', 'person']),
  entered_by: z.string().nullable(),
  evidence: z.unknown().describe('figures that it was derived from'),
  known_from: instant,
  known_to: instant.nullable(),
});

/** An exception in an answer. */
export const exceptionBody = z.object({
  id: z.int().positive(),
  kind: z.literal('PRICE_MOVE'),
  symbol: z.string(),
  name: z.string().nullable(),
  session,
  reason: z.string().describe('ODD_RATIO, GAP, UNADJUSTED or CONTRADICTED'),
  message: z.string().describe('what is doubted'),
  meanwhile: z.string().describe('what is used until it is decided'),
  evidence: z.unknown().describe('the figures'),
  proposal: z.string().nullable().describe('new:old shares that approving records'),
  state: z.enum(['open', 'approved', 'rejected', 'superseded']),
  known_at: instant,
  decided_at: instant.nullable(),
  decided_by: z.string().nullable(),
});
