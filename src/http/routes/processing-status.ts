import { positionBody, readPosition } from '../bodies/position.js';
import type { Routes } from '../route.js';

export const processingStatus: Routes = (app, context) => {
  app.get(
    '/api/processing/status',
    {
      schema: {
        operationId: 'getStatus',
        tags: ['processing'],
        summary: 'Progress of the run under way',
        response: { 200: positionBody },
      },
    },
    () => readPosition(context),
  );
};
