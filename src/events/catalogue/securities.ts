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
