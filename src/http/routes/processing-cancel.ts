import { z } from 'zod';
import type { Routes } from '../route.js';

const cancelledBody = z.object({ message: z.string(), run_id: z.uuid() });

export const processingCancel: Routes = (app, { pipeline, deadline }) => {
  app.delete(
    '/api/processing/cancel',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'cancelRun',
        tags: ['processing'],
        summary: 'Cancel the run under way',
        description:
          'It stops within two seconds and publishes nothing more, in whichever process it runs. 409 when no run is under way.',
        response: { 200: cancelledBody },
      },
    },
    async (request) => {
      const by = request.tickstockCaller?.name ?? 'http';
      const runId = await deadline.within(() => pipeline.cancel(by));
      request.log.info({ run_id: runId, triggered_by: by }, 'run cancelled over HTTP');
      return { message: `run ${runId} is being cancelled; it publishes nothing more`, run_id: runId };
    },
  );
};
