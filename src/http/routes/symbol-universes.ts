import { z } from 'zod';
import { toSnakeCase } from '../../index.js';
import { flag, name, session } from '../bodies/fields.js';
import { answeredFor, pointInTime, toPointInTime } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';

export const symbolBody = z.object({
  symbol: z.string(),
  name: z.string().nullable(),
  type: z.string().nullable().describe('CS, ADRC, ETF, …'),
  active: flag,
  present_ticker: z.string().nullable().describe('ticker of today, where the security has another one'),
  session: session.nullable().describe('session of the answer; null before the first publish'),
  ...answeredFor,
  rank: z.int().positive().nullable().describe('among all eligible stocks'),
  market_cap_usd: z.number().nullable().describe('USD'),
  close: z.number().nullable(),
  universes: z.array(z.object({ universe: z.string(), type: z.string(), title: z.string(), since: session })),
});

export const symbolUniverses: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/symbols/:symbol/universes',
    {
      schema: {
        operationId: 'listSymbolUniverses',
        tags: ['universes'],
        summary: 'Universes of a symbol, now or as of a session',
        params: z.object({ symbol: name }),
        querystring: z.strictObject(pointInTime),
        response: { 200: symbolBody },
      },
    },
    async ({ params: { symbol }, query }) => {
      return toSnakeCase(await deadline.within(() => pipeline.history.symbol(symbol, toPointInTime(query))));
    },
  );
};
