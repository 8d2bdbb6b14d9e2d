import { z } from 'zod';
import { PipelineError, RUN_MODES, toPercent, toSeconds, type Pipeline, type RunRecord } from '../../index.js';
import { count, flag, instant, mode, percent, queryNumber, seconds } from '../bodies/fields.js';
import type { Routes } from '../route.js';
import { describeStart, triggerRun } from '../trigger.js';

const PHASE = 'cache-sync';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const triggerBody = z
  .strictObject({
    mode: z.enum(RUN_MODES).default('full'),
    force: flag.default(false).describe('skip the gates, if the caller may; the audit records the caller'),
    recompute: flag.default(false).describe('compute and publish again even if the input has not changed'),
  })
  .prefault({});

const jobBody = z.object({
  job_id: z.uuid(),
  mode,
  status: z.enum(['pending', 'running', 'completed', 'failed', 'error']),
  created_at: instant,
  start_time: instant,
  end_time: instant.nullable(),
  duration_seconds: seconds.nullable(),
  triggered_by: z.string(),
  error_details: z.string().nullable(),
});
const statusBody = jobBody.extend({
  progress: z
    .object({ percent, task: z.string(), current: z.string(), completed: count, total: count })
    .nullable()
    .describe('while it runs in this service'),
});

/** A job is a run that includes cache sync. */
export const cacheSync: Routes = (app, context) => {
  const { pipeline, deadline } = context;

  app.post(
    '/api/processing/cache-sync/trigger',
    {
      config: { right: 'operate' },
      schema: {
        operationId: 'startCacheSync',
        tags: ['cache sync'],
        summary: 'Recompute and publish the universes',
        description: 'For the newest imported session. Poll the job by its job_id.',
        body: triggerBody,
        response: {
          202: z.object({
            success: z.literal(true),
            job_id: z.uuid(),
            run_id: z.uuid().describe('the same as job_id'),
            mode,
            force: flag.describe('whether the run skips the gates; false also when the caller may not force'),
            message: z.string(),
          }),
        },
      },
    },
    async (request, reply) => {
      const { mode, recompute } = request.body;
      const mayForce = request.tickstockCaller?.rights.has('force') ?? false;
      const force = request.body.force && mayForce;
      const started = await triggerRun(context, request, { phases: [PHASE], mode, force, recompute });
      const base = describeStart('cache sync', started);
      const message = request.body.force && !mayForce ? `${base}. force was ignored: the caller may not force` : base;
      return reply
        .status(202)
        .send({ success: true, job_id: started.runId, run_id: started.runId, mode: started.mode, force, message });
    },
  );

  app.get(
    '/api/processing/cache-sync/status/:job_id',
    {
      schema: {
        operationId: 'getCacheSyncJob',
        tags: ['cache sync'],
        summary: 'The state of a job',
        params: z.object({ job_id: z.string() }),
        response: { 200: statusBody },
      },
    },
    async ({ params: { job_id: id } }) => {
      if (!UUID.test(id)) throw unknownJob(id);
      const run = await deadline.within(() => pipeline.history.run(id));
      if (!run.phases.some(({ phase }) => phase === PHASE)) throw unknownJob(id);
      return { ...toJobBody(run), progress: run.status === 'running' ? readProgress(pipeline, run.runId) : null };
    },
  );

  app.get(
    '/api/processing/cache-sync/history',
    {
      schema: {
        operationId: 'listCacheSyncJobs',
        tags: ['cache sync'],
        summary: 'Jobs, newest first',
        querystring: z.strictObject({
          limit: queryNumber({ min: 1, max: 500, standard: 10 }),
          offset: queryNumber({ min: 0, max: 1_000_000, standard: 0 }),
        }),
        response: {
          200: z.object({
            jobs: z.array(jobBody.extend({ has_errors: flag })),
            total: count,
            limit: count,
            offset: count,
          }),
        },
      },
    },
    async ({ query: { limit, offset } }) => {
      const { runs, total } = await deadline.within(() => pipeline.history.runs({ limit, offset, phase: PHASE }));
      const jobs = runs.map(toJobBody).map((job) => ({ ...job, has_errors: job.error_details !== null }));
      return { jobs, total, limit, offset };
    },
  );
};

function unknownJob(id: string): PipelineError {
  return new PipelineError('EOD_RUN_UNKNOWN', `there is no cache sync job ${JSON.stringify(id.slice(0, 60))}`, {
    hint: 'GET /api/processing/cache-sync/history lists them',
  });
}

/** The consumer has no status for cancelled and interrupted jobs; `error_details` says which it was. */
function toJobBody(run: RunRecord): z.output<typeof jobBody> {
  return {
    job_id: run.runId,
    mode: run.mode as z.output<typeof mode>,
    status: toJobStatus(run.status),
    created_at: run.startedAt,
    start_time: run.startedAt,
    end_time: run.finishedAt,
    duration_seconds: toSeconds(run.durationMs),
    triggered_by: run.triggeredBy ?? run.trigger,
    error_details: describeError(run),
  };
}

function toJobStatus(status: string): z.output<typeof jobBody>['status'] {
  switch (status) {
    case 'pending':
    case 'running':
      return status;
    case 'completed':
    case 'completed_with_holds':
      return 'completed';
    case 'interrupted':
      return 'error';
    default:
      return 'failed';
  }
}

function describeError({ status, error }: RunRecord): string | null {
  if (status === 'interrupted') return 'interrupted: its process ended before the job did; the next run starts over';
  if (status === 'cancelled') return `cancelled: ${error?.message ?? 'the run was stopped'}`;
  return error && `${error.code}: ${error.message}`;
}

function readProgress(pipeline: Pipeline, runId: string): z.output<typeof statusBody>['progress'] {
  const snapshot = pipeline.tracker.snapshot();
  if (snapshot?.runId !== runId) return null;
  const phase = snapshot.phases.find(({ id }) => id === PHASE);
  const task = phase?.tasks.find(({ finishedAtMs }) => finishedAtMs === null) ?? phase?.tasks.at(-1);
  return {
    percent: toPercent(phase?.fraction ?? 0),
    task: task?.title ?? '',
    current: task?.current ?? '',
    completed: Math.round(task?.done ?? 0),
    total: Math.round(task?.total ?? 0),
  };
}
