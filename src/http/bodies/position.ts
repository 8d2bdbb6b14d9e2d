import { z } from 'zod';
import { toCompletionTime, toPercent, type Pipeline, type RunRecord } from '../../index.js';
import { count, instant, percent } from './fields.js';
import type { RouteContext } from '../route.js';

/** Progress of the current run, in any process. */
export const positionBody = z.object({
  is_running: z.boolean(),
  run_id: z.uuid().nullable(),
  current_phase: z.string().nullable().describe('data_import, cache_sync or indicator_processing'),
  progress: percent.describe('of the whole run, 0 to 100'),
  symbols_processed: count.describe('of the current phase'),
  symbols_total: count,
  start_time: instant.nullable(),
  estimated_completion: instant.nullable().describe('null while it is unknown'),
});

export type Position = z.output<typeof positionBody>;

const IDLE: Position = {
  is_running: false,
  run_id: null,
  current_phase: null,
  progress: 0,
  symbols_processed: 0,
  symbols_total: 0,
  start_time: null,
  estimated_completion: null,
};

/** From memory for a run of this process, else from the database, which has less: a run of another process is known only by what it stores. */
export async function readPosition(context: RouteContext): Promise<Position> {
  const here = positionHere(context);
  if (here) return here;
  const { newestRun, symbolCount, pipeline } = context;
  const limit = context.deadline.shared();
  const run = await limit.within(() => newestRun.get());
  // A run may have started here during the query.
  const started = positionHere(context);
  if (started) return started;
  if (run?.status !== 'running') return IDLE;
  return positionElsewhere(run, pipeline, await limit.within(() => symbolCount.get()));
}

function positionHere({ pipeline }: RouteContext): Position | null {
  const run = pipeline.current();
  if (run === null) return null;
  const progress = pipeline.tracker.snapshot();
  return {
    is_running: true,
    run_id: run.runId,
    current_phase: run.job,
    progress: toPercent(run.fraction),
    symbols_processed: run.symbolsDone,
    symbols_total: run.symbolsTotal,
    start_time: run.startedAt,
    estimated_completion: progress?.runId === run.runId ? toCompletionTime(progress.etaMs, progress.updatedAtMs) : null,
  };
}

/** From the stored phases: those that have ended count in full. */
function positionElsewhere(run: RunRecord, pipeline: Pipeline, symbols: number): Position {
  const atWork = run.phases.find((phase) => phase.status === 'running');
  const ended = run.phases.filter((phase) => phase.finishedAt !== null).length;
  return {
    is_running: true,
    run_id: run.runId,
    current_phase: pipeline.phases.find((phase) => phase.id === atWork?.phase)?.job ?? null,
    progress: toPercent(ended / Math.max(1, run.phases.length)),
    symbols_processed: 0,
    symbols_total: symbols,
    start_time: run.startedAt,
    estimated_completion: null,
  };
}
