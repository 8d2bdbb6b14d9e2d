import { z } from 'zod';
import { flag, name, session } from '../fields.js';
import type { Routes } from '../route.js';

const symbolBody = z.object({
  symbol: z.string(),
  name: z.string().nullable(),
  type: z.string().nullable().describe('CS, ADRC, ETF, …'),
  active: flag,
  universes: z.array(z.object({ universe: z.string(), type: z.string(), title: z.string(), since: session })),
});

export const symbolUniverses: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/symbols/:symbol/universes',
    {
      schema: {
        tags: ['universes'],
        summary: 'Universes that a symbol is a member of',
        params: z.object({ symbol: name }),
        response: { 200: symbolBody },
      },
    },
    async ({ params: { symbol } }) => {
      const found = await deadline.within(() => pipeline.symbolUniverses(symbol));
      return { ...found, universes: found.universes.map((universe) => ({ ...universe })) };
    },
  );
};
