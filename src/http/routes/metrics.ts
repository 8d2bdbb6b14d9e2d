import { z } from 'zod';
import type { Routes } from '../route.js';

export const metrics: Routes = (app, { pipeline, deadline, metrics: collected }) => {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        tags: ['service'],
        summary: 'Metrics in the text format of Prometheus',
        response: { 200: { content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (_, reply) => {
      // Served also when the database is unavailable: that is when a monitor matters most.
      const facts = await deadline.within(() => pipeline.service.metrics()).catch(() => null);
      return reply.type(collected.contentType).send(await collected.render(facts, pipeline.current() !== null));
    },
  );
};
