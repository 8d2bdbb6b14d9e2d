import { z } from 'zod';
import { toSeconds, type RunRecord } from '../../index.js';
import { count, flag, instant, mode, seconds, session } from './fields.js';

const runStatus = z
  .enum(['pending', 'running', 'completed', 'completed_with_holds', 'failed', 'cancelled', 'interrupted'])
  .describe('interrupted: its process died');

export const runBody = z
  .object({
    run_id: z.uuid(),
    session,
    status: runStatus,
    trigger: z.enum(['manual', 'automatic', 'backfill', 'api']),
    triggered_by: z.string().nullable(),
    mode,
    force: flag,
    attempt: z.int().positive(),
    owner: z.string().nullable().describe('host and process of the run'),
    start_time: instant,
    end_time: instant.nullable(),
    duration_seconds: seconds.nullable(),
    symbols_processed: count,
    symbols_failed: count,
    indicators_calculated: count,
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    phases: z.array(
      z.object({
        phase: z.string(),
        status: runStatus,
        start_time: instant.nullable(),
        end_time: instant.nullable(),
        duration_seconds: seconds.nullable(),
        summary: z.string().nullable(),
        warnings: z.array(z.string()),
        counters: z.record(z.string(), z.number()),
      }),
    ),
  })
  .meta({ id: 'Run' });

export type RunBody = z.output<typeof runBody>;

/** A run as the API shows it. */
export function toRunBody(run: RunRecord): RunBody {
  return {
    run_id: run.runId,
    session: run.session,
    status: run.status as RunBody['status'],
    trigger: run.trigger as RunBody['trigger'],
    triggered_by: run.triggeredBy,
    mode: run.mode as RunBody['mode'],
    force: run.force,
    attempt: run.attempt,
    owner: run.owner,
    start_time: run.startedAt,
    end_time: run.finishedAt,
    duration_seconds: toSeconds(run.durationMs),
    symbols_processed: run.totals.symbolsProcessed,
    symbols_failed: run.totals.symbolsFailed,
    indicators_calculated: run.totals.indicatorsCalculated,
    error: run.error && { code: run.error.code, message: run.error.message },
    phases: run.phases.map((phase) => ({
      phase: phase.phase,
      status: phase.status as RunBody['status'],
      start_time: phase.startedAt,
      end_time: phase.finishedAt,
      duration_seconds: toSeconds(phase.durationMs),
      summary: phase.summary,
      warnings: [...phase.warnings],
      counters: { ...phase.counters },
    })),
  };
}

/** The words of the consumer's history, whose page is green for `success` only. */
export const CONSUMER_STATUSES = ['success', 'failed', 'cancelled', 'running'] as const;

/** The consumer has no status for held and interrupted runs. A run with holds counts as a success: its data was held back, it did not fail. */
export function toConsumerStatus(status: string): (typeof CONSUMER_STATUSES)[number] {
  if (status === 'completed' || status === 'completed_with_holds') return 'success';
  return status === 'cancelled' || status === 'running' ? status : 'failed';
}
