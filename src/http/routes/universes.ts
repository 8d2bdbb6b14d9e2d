import { z } from 'zod';
import { toSnakeCase } from '../../index.js';
import { count, flag, queryNumber, session } from '../bodies/fields.js';
import { toPage } from '../answers/pages.js';
import { answeredFor, pointInTime, toPointInTime } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';

const overview = z.object({
  universe: z.string().describe('name in requests: the key, or name/key'),
  type: z.string(),
  name: z.string(),
  key: z.string(),
  title: z.string(),
  cache_type: z.string(),
  count,
  added: count.describe('members added by the newest session'),
  removed: count,
  added_symbols: z.array(z.string()).describe('the first ten of those'),
  removed_symbols: z.array(z.string()),
  held: flag.describe('held by a gate: it keeps the members of an earlier session'),
  session,
});
const universesBody = z.object({ universes: z.array(overview), total: count });
const universeBody = overview.extend({
  ...answeredFor,
  limit: count,
  offset: count,
  members: z.array(
    z.object({
      position: z.int().positive().describe('rank, from 1'),
      symbol: z.string(),
      name: z.string().nullable(),
      market_cap_usd: z.number().nullable().describe('USD'),
      close: z.number().nullable(),
      sector: z.string().nullable(),
      industry: z.string().nullable(),
      since: session.describe('first session of the membership'),
    }),
  ),
});

/** Without the exact type: the answer is serialised already. */
const universePage: z.ZodType = universeBody;

export const universes: Routes = (app, { pipeline, deadline, overviews, publication, pages }) => {
  app.get(
    '/api/universes',
    {
      schema: {
        operationId: 'listUniverses',
        tags: ['universes'],
        summary: 'Published universes',
        response: { 200: universesBody },
      },
    },
    async () => {
      const all = await deadline.within(() => overviews.get());
      return { universes: toSnakeCase(all), total: all.length };
    },
  );

  app.get(
    '/api/universes/:key',
    {
      schema: {
        operationId: 'getUniverse',
        tags: ['universes'],
        summary: 'One universe with its members, in published order',
        description:
          'A key, or name/key (with the slash as %2F), now or as of a session. Names and sectors are those of that session; caps and closes are its newest figures, whatever known_at is. With the ETag as If-None-Match the answer is 304 until the page changes.',
        params: z.object({ key: z.string() }),
        querystring: z.strictObject({
          limit: queryNumber({ min: 1, max: 5000, standard: 500 }),
          offset: queryNumber({ min: 0, max: 1_000_000, standard: 0 }),
          ...pointInTime,
        }),
        response: { 200: universePage, 304: z.unknown().describe('the page has the ETag in If-None-Match') },
      },
    },
    async ({ params: { key }, query: { limit, offset, ...point }, headers }, reply) => {
      const time = deadline.shared();
      const published = await time.within(() => publication.get());
      const at = toPointInTime(point);
      const id = JSON.stringify([published, key, limit, offset, at.asOf ?? null, at.knownAt ?? null]);
      const make = async () => {
        // With its own time limit, because it is made for all concurrent callers.
        const universe = await deadline.within(() => pipeline.history.members(key, { limit, offset, ...at }));
        return toPage({ ...toSnakeCase(universe), limit, offset });
      };
      const page = await time.within(() => pages.forceFetch(id, { context: make }));
      reply.header('etag', page.etag).header('cache-control', 'private, no-cache');
      if (matches(headers['if-none-match'], page.etag)) return reply.status(304).send();
      return reply.type('application/json; charset=utf-8').send(page.body);
    },
  );
};

/** The header is a list of tags; some are weak when a proxy has compressed the answer. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
