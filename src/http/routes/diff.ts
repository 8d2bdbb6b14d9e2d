import { z } from 'zod';
import { parseSessionDate, toSnakeCase } from '../../index.js';
import { count, session } from '../bodies/fields.js';
import { knownAt, toSession } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';

const end = z.object({
  session,
  asked: session.nullable().describe('the requested date; null for now'),
  count: count.describe('members on that session'),
});
const entries = z.array(
  z.object({
    symbol: z.string(),
    session: session.nullable().describe('session of the last change in the range'),
    reason: z.string().nullable(),
    name: z.string().nullable(),
    market_cap_usd: z
      .number()
      .nullable()
      .describe('on the session on which it is a member: the later one for an added one'),
    rank: count.nullable().describe('among all eligible stocks of that session'),
  }),
);
const diffBody = z.object({
  universe: z.string(),
  title: z.string(),
  from: end,
  to: end,
  known_at: z.iso.datetime().nullable().describe('the requested time of knowledge, UTC; null for now'),
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
        summary: 'Members added to and removed from a universe between two sessions',
        description:
          'With session and reason. A symbol that was removed and added again within the range is not listed.',
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
