import { z } from 'zod';
import { parseSessionDate, toSnakeCase } from '../../index.js';
import { count, session } from '../bodies/fields.js';
import { knownAt, toSession } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';

const end = z.object({
  session,
  asked: session.nullable().describe('date as it was asked for; null for now'),
  count: count.describe('members then'),
});
const entries = z.array(
  z.object({
    symbol: z.string(),
    session: session.nullable().describe('when it came or went, the last time in the span'),
    reason: z.string().nullable(),
  }),
);
const diffBody = z.object({
  universe: z.string(),
  title: z.string(),
  from: end,
  to: end,
  known_at: z.iso.datetime().nullable().describe('what was believed then, UTC; null for what is known now'),
  added: entries,
  removed: entries,
});

export const diff: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/universes/:key/diff',
    {
      schema: {
        operationId: 'compareUniverse',
        tags: ['universes'],
        summary: 'Who came to a universe and who left it between two sessions',
        description: 'When and why. Who left and came back in between is not listed.',
        params: z.object({ key: z.string() }),
        querystring: z.strictObject({
          from: session.describe('the earlier session'),
          to: session.describe('the later session; the newest published by default').optional(),
          known_at: knownAt,
        }),
        response: { 200: diffBody },
      },
    },
    async ({ params: { key }, query: { from, to, known_at } }) => {
      const request = { from: parseSessionDate(from), to: toSession(to), knownAt: known_at };
      return toSnakeCase(await deadline.within(() => pipeline.history.diff(key, request)));
    },
  );
};
