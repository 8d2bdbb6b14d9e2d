import { z } from 'zod';
import { flag, queryNumber } from '../bodies/fields.js';
import type { Routes } from '../route.js';

/** Without the exact type: what stands in the database is given as it stands there. */
const eventsBody: z.ZodType = z.object({
  events: z
    .array(z.looseObject({ event: z.string(), event_id: z.uuid() }))
    .describe('as they were published, in order'),
  next: z.string().nullable().describe('the after of the next request; null where nothing has been published yet'),
  has_more: flag,
});

/** What a consumer missed, from the database: also when Redis was wiped. */
export const events: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/events',
    {
      schema: {
        operationId: 'listEvents',
        tags: ['events'],
        summary: 'Events after one that was seen',
        querystring: z.strictObject({
          after: z.guid().optional().describe('event_id of the last one seen; without it from the first that is kept'),
          limit: queryNumber({ min: 1, max: 1000, standard: 100 }),
        }),
        response: { 200: eventsBody },
      },
    },
    ({ query: { after, limit } }) => deadline.within(() => pipeline.events.read({ after, limit })),
  );
};
