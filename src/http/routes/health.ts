import { z } from 'zod';
import { ERRORS, VERSION } from '../../index.js';
import type { TimeLimit } from '../answers/deadline.js';
import type { Routes } from '../route.js';
import { SharedAnswer } from '../answers/shared-answer.js';

/** Load balancers poll often and concurrently. */
const ANSWER_TTL_MS = 250;

const service = z.enum(['up', 'down', 'disabled']);
const healthBody = z.object({
  status: z.enum(['healthy', 'unhealthy']),
  services: z.object({ database: service, redis: service, api: service }),
  processing_status: z.enum(['idle', 'running']),
  version: z.string(),
});

/** The only route without a key; it discloses only whether the service works. */
export const health: Routes = (app, { pipeline, newestRun, deadline }) => {
  const answers = new SharedAnswer(() => pipeline.service.health(), ANSWER_TTL_MS);

  const isRunning = async (limit: TimeLimit): Promise<boolean> => {
    if (pipeline.current() !== null) return true;
    return (await limit.within(() => newestRun.get()))?.status === 'running';
  };

  app.get(
    '/health',
    {
      config: { isPublic: true },
      schema: {
        operationId: 'getHealth',
        tags: ['service'],
        summary: 'Whether the service works',
        description:
          'Needs no key. 503 when the database is down. Without Redis the service is healthy: events wait in the database.',
        response: { 200: healthBody, 503: healthBody.loose() },
      },
    },
    async (_, reply) => {
      const limit = deadline.shared();
      const { database, redis } = await answers.get();
      const isUp = database === 'up';
      // The database can fail between the two queries; `idle` is then a guess.
      const running = isUp ? await isRunning(limit).catch(() => false) : pipeline.current() !== null;
      const body = {
        services: { database, redis, api: 'up' },
        processing_status: running ? 'running' : 'idle',
        version: VERSION,
      } as const;
      if (isUp) return reply.send({ status: 'healthy', ...body });
      return reply.status(ERRORS.EOD_DB_UNAVAILABLE.httpStatus).send({
        status: 'unhealthy',
        ...body,
        success: false,
        code: 'EOD_DB_UNAVAILABLE',
        message: 'the database cannot be reached or does not answer',
        hint: "check that it runs; the service's log says what it answered",
      });
    },
  );
};
