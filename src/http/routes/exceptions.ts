import { z } from 'zod';
import { toSnakeCase } from '../../index.js';
import { name, numbered, queryNumber } from '../bodies/fields.js';
import { exceptionBody } from '../bodies/securities.js';
import type { Routes } from '../route.js';

const params = numbered('an exception');
const approval = z
  .strictObject({
    ratio: z.string().max(40).nullish().describe('new:old shares, such as 4:1; of a price; default: the proposal'),
  })
  .prefault({});
const decidedBody = z.object({ success: z.literal(true), exception: exceptionBody, message: z.string() });

/** Single figures and identities that a person must decide about, and the decisions. */
export const exceptions: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/exceptions',
    {
      schema: {
        operationId: 'listExceptions',
        tags: ['holds'],
        summary: 'Doubtful figures and identities of single securities, newest session first',
        querystring: z.strictObject({
          state: z.enum(['open', 'all']).default('open'),
          symbol: name.optional(),
          limit: queryNumber({ min: 1, max: 1000, standard: 200 }),
        }),
        response: { 200: z.object({ exceptions: z.array(exceptionBody) }) },
      },
    },
    async ({ query }) => {
      const found = await deadline.within(() => pipeline.exceptions.list(query));
      return { exceptions: toSnakeCase(found) };
    },
  );

  app.post(
    '/api/exceptions/:id/approve',
    {
      config: { right: 'decide' },
      schema: {
        operationId: 'approveException',
        tags: ['holds'],
        summary: 'Say that what is doubted is so; of a price the action that explains it is recorded',
        params,
        body: approval,
        response: { 200: decidedBody },
      },
    },
    async (request) => {
      const { id } = request.params;
      const by = request.tickstockCaller?.name ?? 'http';
      const ratio = request.body.ratio ?? undefined;
      const exception = await deadline.within(() => pipeline.exceptions.approve(id, { by, ratio }));
      request.log.info({ exception: id, decided_by: by }, 'exception approved over HTTP');
      return { success: true as const, exception: toSnakeCase(exception), message: exception.next };
    },
  );

  app.post(
    '/api/exceptions/:id/reject',
    {
      config: { right: 'decide' },
      schema: {
        operationId: 'rejectException',
        tags: ['holds'],
        summary: 'Say that what is doubted is not so',
        params,
        response: { 200: decidedBody },
      },
    },
    async (request) => {
      const { id } = request.params;
      const by = request.tickstockCaller?.name ?? 'http';
      const exception = await deadline.within(() => pipeline.exceptions.reject(id, { by }));
      request.log.info({ exception: id, decided_by: by }, 'exception rejected over HTTP');
      return { success: true as const, exception: toSnakeCase(exception), message: exception.next };
    },
  );
};
