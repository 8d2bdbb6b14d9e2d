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
  kind: z.enum(['PRICE_MOVE', 'RENAME', 'SAME_COMPANY', 'MARKET_CAP']),
  symbol: z.string(),
  other: z.string().nullable().describe('the ticker that left, or the larger class; null: it is about one ticker'),
  name: z.string().nullable(),
  session,
  reason: z.string().describe('why it is doubted'),
  subject: z.string().describe('the figures or tickers in a few characters'),
  message: z.string().describe('what is doubted'),
  meanwhile: z.string().describe('what is used until it is decided'),
  on_approve: z.string().describe('what approving says'),
  on_reject: z.string().describe('what rejecting says'),
  undecided: z.string().describe('what happens when nothing is decided'),
  next: z.string().describe('what makes a decision take effect'),
  evidence: z.unknown().describe('the figures'),
  proposal: z.string().nullable().describe('new:old shares that approving records'),
  state: z.enum(['open', 'approved', 'rejected', 'superseded']),
  known_at: instant,
  decided_at: instant.nullable(),
  decided_by: z.string().nullable(),
});
