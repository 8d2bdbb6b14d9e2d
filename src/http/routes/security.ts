import { z } from 'zod';
import { toSnakeCase } from '../../index.js';
import { name, session } from '../bodies/fields.js';
import { actionBody, exceptionBody } from '../bodies/securities.js';
import { pointInTime, toPointInTime } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';
import { symbolBody } from './symbol-universes.js';

const securityBody = symbolBody.extend({
  id: z.int().nullable().describe('permanent id; null before a publish has recorded it'),
  asked_ticker: z.string().describe('the ticker that was asked for'),
  tickers: z
    .array(z.object({ ticker: z.string(), from: session.nullable(), to: session.nullable() }))
    .describe('oldest first; to is the last session, null for the present ticker'),
  classes: z.array(z.string()).describe('share classes of its company, in rank order; empty where it has one'),
  actions: z.array(actionBody).describe('corporate actions, newest first'),
  exceptions: z.array(exceptionBody).describe('doubtful figures, newest first'),
});

export const security: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/securities/:ticker',
    {
      schema: {
        operationId: 'getSecurity',
        tags: ['universes'],
        summary: 'A security over time, under any of its tickers: tickers, actions, exceptions, universes',
        params: z.object({ ticker: name }),
        querystring: z.strictObject(pointInTime),
        response: { 200: securityBody },
      },
    },
    async ({ params: { ticker }, query }) => {
      return toSnakeCase(await deadline.within(() => pipeline.history.security(ticker, toPointInTime(query))));
    },
  );
};
