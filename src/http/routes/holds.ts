import { z } from 'zod';
import { toSnakeCase, type HeldCandidate, type HoldDetail } from '../../index.js';
import { count, instant, numbered, queryNumber, session } from '../bodies/fields.js';
import type { Routes } from '../route.js';
import { startRun } from '../trigger.js';

const holdBody = z.object({
  id: z.int().positive(),
  session,
  universe: z.string().nullable().describe('name of the universe; null: the whole session is held'),
  title: z.string().nullable(),
  gate: z.string(),
  measured: z.number().nullable(),
  threshold: z.number().nullable(),
  message: z.string().describe('why'),
  state: z.enum(['open', 'approved', 'rejected']),
  decided_by: z.string().nullable(),
  decided_at: instant.nullable(),
  decision_reason: z.string().nullable(),
  created_at: instant,
  run_id: z.uuid().describe('the newest run that found it'),
  added: count.describe('memberships that an approval would begin'),
  removed: count.describe('memberships that an approval would end'),
  held_since: session.describe('the first session since its universe was published last'),
  held_sessions: count.describe('sessions from then on'),
});
const change = z.object({ symbol: z.string(), reason: z.string() });
const detailBody = holdBody.extend({
  candidate: z
    .array(
      z.object({
        universe: z.string().describe('type/name/key'),
        added_count: count,
        removed_count: count,
        added: z.array(change),
        removed: z.array(change),
      }),
    )
    .describe('what an approval publishes; each list has at most `limit` symbols'),
});

const params = numbered('a hold');
const decision = z
  .strictObject({
    reason: z
      .string()
      .max(500)
      .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'has control characters')
      .nullish()
      .describe('why, for the audit'),
  })
  .prefault({});

/** What gates hold back, and the decisions about it. */
export const holds: Routes = (app, context) => {
  const { pipeline, deadline } = context;

  app.get(
    '/api/holds',
    {
      schema: {
        operationId: 'listHolds',
        tags: ['holds'],
        summary: 'Held universes and sessions, newest session first',
        querystring: z.strictObject({
          state: z.enum(['open', 'all']).default('open'),
          limit: queryNumber({ min: 1, max: 1000, standard: 200 }),
        }),
        response: { 200: z.object({ holds: z.array(holdBody) }) },
      },
    },
    async ({ query: { state, limit } }) => {
      const found = await deadline.within(() => pipeline.holds.list({ state, limit }));
      return { holds: toSnakeCase(found) };
    },
  );

  app.get(
    '/api/holds/:id',
    {
      schema: {
        operationId: 'getHold',
        tags: ['holds'],
        summary: 'One hold, with what an approval publishes',
        params,
        querystring: z.strictObject({ limit: queryNumber({ min: 1, max: 10_000, standard: 100 }) }),
        response: { 200: detailBody },
      },
    },
    async ({ params: { id }, query: { limit } }) => {
      const hold = await deadline.within(() => pipeline.holds.get(id));
      return toDetailBody(hold, limit);
    },
  );

  app.post(
    '/api/holds/:id/approve',
    {
      config: { right: 'decide' },
      schema: {
        operationId: 'approveHold',
        tags: ['holds'],
        summary: 'Publish exactly what a hold shows',
        description:
          'Starts a cache sync that publishes it, with the other holds of the same universe or session. If the input has ' +
          'changed since, that run fails with EOD_HOLD_CHANGED and publishes nothing: follow it by its run_id.',
        params,
        body: decision,
        response: { 202: z.object({ success: z.literal(true), run_id: z.uuid(), session, message: z.string() }) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const reason = request.body.reason ?? undefined;
      const started = await startRun(context, request, ({ triggeredBy, ...asked }) =>
        pipeline.holds.startApproval(id, { ...asked, by: triggeredBy, reason }),
      );
      const { runId: run_id, session } = started;
      const message = `hold ${id} is approved: cache sync for session ${session} started`;
      return reply.status(202).send({ success: true, run_id, session, message });
    },
  );

  app.post(
    '/api/holds/:id/reject',
    {
      config: { right: 'decide' },
      schema: {
        operationId: 'rejectHold',
        tags: ['holds'],
        summary: 'Keep what is published instead of what a hold shows',
        params,
        body: decision,
        response: { 200: z.object({ success: z.literal(true), rejected: z.array(z.int()), message: z.string() }) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const by = request.tickstockCaller?.name ?? 'http';
      const reason = request.body.reason ?? undefined;
      const rejected = await deadline.within((signal) => pipeline.holds.reject(id, { by, reason, signal }));
      request.log.info({ holds: rejected, decided_by: by }, 'holds rejected over HTTP');
      const message = 'the members published before are kept';
      return { success: true as const, rejected: [...rejected], message };
    },
  );
};

function toDetailBody({ candidate, ...hold }: HoldDetail, limit: number): z.output<typeof detailBody> {
  const cut = (changes: HeldCandidate['added']) =>
    changes.slice(0, limit).map(({ symbol, reason }) => ({ symbol, reason }));
  const shown = candidate.map(({ universe, added, removed }) => ({
    universe,
    added_count: added.length,
    removed_count: removed.length,
    added: cut(added),
    removed: cut(removed),
  }));
  return { ...toSnakeCase(hold), candidate: shown };
}
