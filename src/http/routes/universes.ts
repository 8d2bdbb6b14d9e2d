import { z } from 'zod';
import { toSnakeCase } from '../../index.js';
import { count, flag, queryNumber, session } from '../bodies/fields.js';
import { toPage } from '../answers/pages.js';
import { answeredFor, pointInTime, toPointInTime } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';

const overview = z.object({
  universe: z.string().describe('what to ask for it by'),
  type: z.string(),
  name: z.string(),
  key: z.string(),
  title: z.string(),
  cache_type: z.string(),
  count,
  added: count.describe('by the newest session'),
  removed: count,
  added_symbols: z.array(z.string()).describe('the first few of those'),
  removed_symbols: z.array(z.string()),
  held: flag.describe('keeps its members of an earlier session: a gate held it, and nobody has let it through'),
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

/** Without the exact type: what is sent is the finished text. */
const universePage: z.ZodType = universeBody;

export const universes: Routes = (app, { pipeline, deadline, overviews, publication, pages }) => {
  app.get(
    '/api/universes',
    {
      schema: {
        operationId: 'listUniverses',
        tags: ['universes'],
        summary: 'Universes that are published',
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
          'A key, or name/key (with the slash as %2F); now, or as of a session. Names and sectors are those of then; caps and closes are the newest figures of that session, whatever known_at. Send the ETag as If-None-Match: 304 while nothing changed.',
        params: z.object({ key: z.string() }),
        querystring: z.strictObject({
          limit: queryNumber({ min: 1, max: 5000, standard: 500 }),
          offset: queryNumber({ min: 0, max: 1_000_000, standard: 0 }),
          ...pointInTime,
        }),
        response: { 200: universePage, 304: z.unknown().describe('not changed') },
      },
    },
    async ({ params: { key }, query: { limit, offset, ...point }, headers }, reply) => {
      const time = deadline.shared();
      const published = await time.within(() => publication.get());
      const at = toPointInTime(point);
      const id = JSON.stringify([published, key, limit, offset, at.asOf ?? null, at.knownAt ?? null]);
      const make = async () => {
        // A limit of its own, as it is made for all who ask for it.
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

/** A list of tags, weak ones among them when a proxy has compressed the answer. */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags.includes('*');
}
