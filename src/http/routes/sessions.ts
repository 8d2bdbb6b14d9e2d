import { z } from 'zod';
import { toSnakeCase, VERDICTS } from '../../index.js';
import { count, instant, session } from '../bodies/fields.js';
import { toSession } from '../bodies/point-in-time.js';
import type { Routes } from '../route.js';

const verdictBody = z.object({
  session,
  verdict: z
    .enum(VERDICTS)
    .describe('skipped: the market was closed; not_scheduled: the schedule was off, and nothing was run'),
  reason: z.string().nullable().describe('why, and the command that acts'),
  due_at: instant.nullable().describe('trigger time of its run; null where the market was closed'),
  retry_at: instant.nullable().describe('when a waiting session is tried again'),
  published_at: instant.nullable(),
  run_id: z.uuid().nullable().describe('its newest run'),
});
const sessionsBody = z.object({
  sessions: z.array(verdictBody).describe('oldest first; weekdays that have closed'),
  behind: count.describe('sessions after the newest published one whose trigger time has passed'),
  late: verdictBody.nullable().describe('the oldest session that was due and is not published in time'),
});

/** What has become of every trading day. */
export const sessions: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/sessions',
    {
      schema: {
        operationId: 'listSessions',
        tags: ['processing'],
        summary: 'A verdict for every trading day',
        description: 'Without dates the last ten sessions. The verdicts are those of `tickstock sessions`.',
        querystring: z.strictObject({ from: session.optional(), to: session.optional() }),
        response: { 200: sessionsBody },
      },
    },
    async ({ query: { from, to } }) => {
      const [found, freshness] = await deadline.within(() =>
        Promise.all([
          pipeline.schedule.sessions({ from: toSession(from), to: toSession(to) }),
          pipeline.schedule.freshness(),
        ]),
      );
      return toSnakeCase({ sessions: found, ...freshness });
    },
  );
};
