import { z } from 'zod';
import { flag, queryNumber } from '../bodies/fields.js';
import type { Routes } from '../route.js';

/** Without the exact type: stored events are sent as they were published. */
const eventsBody: z.ZodType = z.object({
  events: z
    .array(z.looseObject({ event: z.string(), event_id: z.uuid() }))
    .describe('as they were published, in order'),
  next: z.string().nullable().describe('`after` of the next request; null before the first event'),
  has_more: flag,
});

/** Events that a consumer missed, from the database, so also when Redis lost them. */
export const events: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/events',
    {
      schema: {
        operationId: 'listEvents',
        tags: ['events'],
        summary: 'Events after a given one',
        querystring: z.strictObject({
          after: z
            .guid()
            .optional()
            .describe('event_id of the last event received; default: from the oldest kept event'),
          limit: queryNumber({ min: 1, max: 1000, standard: 100 }),
        }),
        response: { 200: eventsBody },
      },
    },
    ({ query: { after, limit } }) => deadline.within(() => pipeline.events.read({ after, limit })),
  );
};
