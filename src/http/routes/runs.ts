import { z } from 'zod';
import { count, queryNumber, runId } from '../bodies/fields.js';
import type { Routes } from '../route.js';
import { runBody, toRunBody } from '../bodies/run-fields.js';
import { streamRun } from '../answers/run-stream.js';

/** Without the exact types: the answer is a stream. */
const eventText: z.ZodType = z.string();
const nothing: z.ZodType = z.undefined();
const runParams = z.object({ id: runId });

export const runs: Routes = (app, context) => {
  const { pipeline, deadline } = context;

  app.get(
    '/api/runs',
    {
      schema: {
        operationId: 'listRuns',
        tags: ['runs'],
        summary: 'Runs with their phases, newest first',
        querystring: z.strictObject({
          limit: queryNumber({ min: 1, max: 500, standard: 20 }),
          offset: queryNumber({ min: 0, max: 1_000_000, standard: 0 }),
        }),
        response: { 200: z.object({ runs: z.array(runBody), total: count, limit: count, offset: count }) },
      },
    },
    async ({ query: { limit, offset } }) => {
      const { runs, total } = await deadline.within(() => pipeline.history.runs({ limit, offset }));
      return { runs: runs.map(toRunBody), total, limit, offset };
    },
  );

  app.get(
    '/api/runs/:id',
    {
      schema: {
        operationId: 'getRun',
        tags: ['runs'],
        summary: 'One run',
        params: runParams,
        response: { 200: runBody },
      },
    },
    async ({ params: { id } }) => toRunBody(await deadline.within(() => pipeline.history.run(id))),
  );

  app.get(
    '/api/runs/:id/events',
    {
      config: { isStream: true },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamRunEvents',
        tags: ['runs'],
        summary: 'A run as server-sent events',
        description:
          '`snapshot` first, then `progress` at most four times a second, finally `end`; the data of each is the run as JSON.',
        params: runParams,
        response: {
          200: { description: 'until the run has ended', content: { 'text/event-stream': { schema: eventText } } },
          204: nothing.describe('Last-Event-ID is the id of `end`: there are no more events'),
        },
      },
    },
    (request, reply) => streamRun(context, request.params.id, request, reply),
  );
};
