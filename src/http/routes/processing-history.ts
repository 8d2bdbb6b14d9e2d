import { z } from 'zod';
import { toSeconds, type RunRecord } from '../../index.js';
import { count, instant, queryNumber, seconds, session } from '../bodies/fields.js';
import type { Routes } from '../route.js';
import { CONSUMER_STATUSES, toConsumerStatus } from '../bodies/run-fields.js';

const DAY_MS = 86_400_000;
/** Four years of sessions; /api/runs has pages. */
const MAX_RUNS = 1000;

const historyBody = z.object({
  runs: z.array(
    z.object({
      run_id: z.uuid(),
      run_date: session,
      trigger_type: z.enum(['automatic', 'manual']),
      status: z.enum(CONSUMER_STATUSES),
      start_time: instant,
      end_time: instant.nullable(),
      duration_seconds: seconds.nullable(),
      symbols_processed: count,
      symbols_failed: count,
      indicators_calculated: count,
      patterns_detected: z.literal(0).describe('always 0: pattern detection is not part of this service'),
      phases: z.array(z.string()).describe('data_import, cache_sync, indicator_processing'),
      triggered_by: z.string().nullable(),
      error_message: z.string().nullable(),
    }),
  ),
});

export const processingHistory: Routes = (app, { pipeline, deadline }) => {
  const jobs = new Map(pipeline.phases.map(({ id, job }) => [id, job]));

  app.get(
    '/api/processing/history',
    {
      schema: {
        operationId: 'listRecentRuns',
        tags: ['processing'],
        summary: 'Runs of the last days, newest first',
        querystring: z.strictObject({ days: queryNumber({ min: 1, max: 3650, standard: 7 }) }),
        response: { 200: historyBody },
      },
    },
    async ({ query: { days } }) => {
      const since = new Date(pipeline.clock.now() - days * DAY_MS);
      const { runs } = await deadline.within(() => pipeline.history.runs({ limit: MAX_RUNS, since }));
      return { runs: runs.map((run) => toHistoryEntry(run, jobs)) };
    },
  );
};

function toHistoryEntry(run: RunRecord, jobs: ReadonlyMap<string, string>) {
  return {
    run_id: run.runId,
    run_date: run.session,
    trigger_type: run.trigger === 'automatic' ? ('automatic' as const) : ('manual' as const),
    status: toConsumerStatus(run.status),
    start_time: run.startedAt,
    end_time: run.finishedAt,
    duration_seconds: toSeconds(run.durationMs),
    symbols_processed: run.totals.symbolsProcessed,
    symbols_failed: run.totals.symbolsFailed,
    indicators_calculated: run.totals.indicatorsCalculated,
    patterns_detected: 0 as const,
    phases: run.phases.map(({ phase }) => jobs.get(phase) ?? phase),
    triggered_by: run.triggeredBy,
    error_message: run.error?.message ?? null,
  };
}
