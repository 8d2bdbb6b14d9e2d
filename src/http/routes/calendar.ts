import { z } from 'zod';
import { announcedDaySchema, parseSessionDate, toSnakeCase } from '../../index.js';
import { instant, session } from '../bodies/fields.js';
import type { Routes } from '../route.js';

const days = z.object({
  days: z.array(announcedDaySchema.extend({ date: session, created_at: instant, announced_by: z.string().nullable() })),
});

/** Closures and early closes that were announced after the release. */
export const calendar: Routes = (app, { pipeline, deadline }) => {
  const read = async () => ({ days: toSnakeCase(await pipeline.announcements.list()) });

  app.get(
    '/api/calendar',
    {
      schema: {
        operationId: 'listAnnouncedDays',
        tags: ['processing'],
        summary: 'Closures and early closes that were announced',
        response: { 200: days },
      },
    },
    async () => deadline.within(read),
  );

  app.post(
    '/api/calendar',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'announceDay',
        tags: ['processing'],
        summary: 'Announce a closure, an early close or a full session',
        description:
          'For a day after the newest published session; every service follows within a minute, without a restart. 409 when a session ' +
          'from that day on is published or being run.',
        body: announcedDaySchema,
        response: { 200: days },
      },
    },
    async (request) => {
      const by = request.tickstockCaller?.name ?? 'http';
      await deadline.within(() => pipeline.announcements.announce(request.body, by));
      request.log.info({ ...request.body, triggered_by: by }, 'a day was announced over HTTP');
      return deadline.within(read);
    },
  );

  app.delete(
    '/api/calendar/:date',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'withdrawDay',
        tags: ['processing'],
        summary: 'Take an announcement back',
        params: z.object({ date: session }),
        response: { 200: days },
      },
    },
    async (request) => {
      const { date } = request.params;
      await deadline.within(() => pipeline.announcements.withdraw(parseSessionDate(date)));
      request.log.info(
        { date, triggered_by: request.tickstockCaller?.name },
        'an announcement was taken back over HTTP',
      );
      return deadline.within(read);
    },
  );
};
