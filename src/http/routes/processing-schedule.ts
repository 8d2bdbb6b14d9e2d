import { z } from 'zod';
import { scheduleChangesSchema, type ScheduleState } from '../../index.js';
import { flag, instant } from '../bodies/fields.js';
import type { Routes } from '../route.js';

const scheduleBody = z.object({
  enabled: flag,
  trigger_time: z.string().describe('HH:MM, in the timezone'),
  timezone: z.string(),
  next_run: instant.nullable(),
  universes: z.array(z.string()).describe('stored for the caller; a run covers the whole market'),
  market_check: flag.describe('only on days when the market is open'),
});

/** The library accepts an empty change; over HTTP it is a mistake of the caller. */
const changes = scheduleChangesSchema.refine(
  (body) => Object.keys(body).length > 0,
  `expected any of ${Object.keys(scheduleChangesSchema.shape).join(', ')}`,
);

/** The schedule of automatic runs, shared by every process on the database. */
export const processingSchedule: Routes = (app, { pipeline, deadline }) => {
  app.get(
    '/api/processing/schedule',
    {
      schema: {
        operationId: 'getSchedule',
        tags: ['processing'],
        summary: 'The schedule of automatic runs',
        response: { 200: scheduleBody },
      },
    },
    async () => toBody(await deadline.within(() => pipeline.schedule.read())),
  );

  app.post(
    '/api/processing/schedule',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'updateSchedule',
        tags: ['processing'],
        summary: 'Change the schedule; fields left out are kept',
        body: changes,
        response: { 200: scheduleBody },
      },
    },
    async (request) => {
      const state = await deadline.within(() => pipeline.schedule.update(request.body));
      const changed = Object.keys(request.body);
      request.log.info({ changed, triggered_by: request.tickstockCaller?.name }, 'schedule changed over HTTP');
      return toBody(state);
    },
  );
};

function toBody(state: ScheduleState): z.output<typeof scheduleBody> {
  return { ...state, universes: [...state.universes] };
}
