import { z } from 'zod';
import type { Routes } from '../route.js';

export const metrics: Routes = (app, { pipeline, deadline, metrics: collected }) => {
  app.get(
    '/metrics',
    {
      schema: {
        operationId: 'getMetrics',
        tags: ['service'],
        summary: 'Figures for Prometheus',
        response: { 200: { content: { 'text/plain': { schema: z.string() } } } },
      },
    },
    async (_, reply) => {
      // A monitor wants to know most of all when the database is away.
      const facts = await deadline.within(() => pipeline.service.metrics()).catch(() => null);
      return reply.type(collected.contentType).send(await collected.render(facts, pipeline.current() !== null));
    },
  );
};
