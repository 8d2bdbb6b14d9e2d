import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { type Pipeline, type RunMode, type StartedRun, toPipelineError } from '../index.js';
import type { TimeLimit } from './answers/deadline.js';
import { invalidRequest } from './bodies/problems.js';
import type { RouteContext } from './route.js';

export interface TriggerRequest {
  readonly phases?: readonly string[];
  readonly mode?: RunMode;
  readonly force?: boolean;
  readonly recompute?: boolean;
}

type TriggerContext = Pick<RouteContext, 'pipeline' | 'newestRun'> & { readonly deadline: TimeLimit };

/** Starts a run for a caller. */
export type StartRun = (asked: {
  readonly trigger: 'api';
  readonly triggeredBy: string;
  /** Aborts when the caller has got a time-out. */
  readonly signal: AbortSignal;
}) => Promise<StartedRun>;

/** Starts a run of the requested phases; see `startRun`. */
export async function triggerRun(
  context: TriggerContext,
  request: FastifyRequest,
  wanted: TriggerRequest,
): Promise<StartedRun> {
  return startRun(context, request, (asked) => context.pipeline.start({ ...wanted, ...asked }));
}

/**
 * Starts a run and returns as soon as it is recorded; the run continues by itself, and its end is logged.
 *
 * Edges: a run that starts after the time limit is cancelled, because its caller has already got an error.
 * @throws EOD_RUN_LOCKED, EOD_PHASE_NEEDS, EOD_SOURCE_…, EOD_STOPPING, EOD_DB_UNAVAILABLE
 */
export async function startRun(
  { deadline, newestRun }: Omit<TriggerContext, 'pipeline'>,
  request: FastifyRequest,
  start: StartRun,
): Promise<StartedRun> {
  const triggeredBy = request.tickstockCaller?.name ?? 'http';
  const started = await deadline.within((signal) => start({ trigger: 'api', triggeredBy, signal }));
  newestRun.forget();
  const { runId, session, phases, mode } = started;
  const log = request.server.log.child({ run_id: runId, session });
  log.info({ phases, mode, triggered_by: triggeredBy }, 'run started over HTTP');
  void logEnd(started, log);
  return started;
}

async function logEnd({ finished }: StartedRun, log: FastifyBaseLogger): Promise<void> {
  try {
    const { status, durationMs, error } = await finished;
    const fields = { status, duration_ms: durationMs, ...(error && { code: error.code, err: error }) };
    if (status === 'failed') log.error(fields, `the run failed: ${error?.message ?? ''}`);
    else log.info(fields, `the run ended: ${status}`);
  } catch (thrown) {
    const error = toPipelineError(thrown);
    log.error({ code: error.code, err: error }, `the end of the run could not be recorded: ${error.message}`);
  }
}

/**
 * Ids of phases by their ids, the consumer's job names, or `all`.
 *
 * Shape: an empty list or one with `all` → an empty list, which means every phase.
 * @throws EOD_PHASE_UNKNOWN with every unknown name
 */
export function toPhaseIds(pipeline: Pipeline, wanted: readonly string[]): string[] {
  const { phases } = pipeline;
  const known = ['all', ...phases.flatMap(({ id, job }) => [id, job])];
  const problems = wanted.flatMap((name, index) =>
    known.includes(name)
      ? []
      : [{ path: `body.phases[${index}]`, message: `is ${JSON.stringify(name)}; allowed: ${known.join(', ')}` }],
  );
  if (problems.length > 0) throw invalidRequest(problems, 'the run', 'EOD_PHASE_UNKNOWN');
  if (wanted.includes('all')) return [];
  return phases.filter(({ id, job }) => wanted.includes(id) || wanted.includes(job)).map(({ id }) => id);
}

/** Restrictions in a request that a run does not apply. */
export interface Narrowing {
  readonly universes?: string | readonly string[] | null | undefined;
  readonly symbols?: readonly string[] | null | undefined;
  readonly indicators?: readonly string[] | null | undefined;
  readonly timeframes?: string | readonly string[] | null | undefined;
  readonly lookbackDays?: number | null | undefined;
}

/** `run for session 2026-06-30 started: import, cache-sync`, and which restrictions of the request were ignored. */
export function describeStart(what: string, { session, phases }: StartedRun, narrowing: Narrowing = {}): string {
  const { universes, symbols, indicators, timeframes, lookbackDays } = narrowing;
  const ignored = [
    isGiven(universes, ['all']) && 'universes',
    isGiven(symbols) && 'symbols',
    isGiven(indicators) && 'indicators',
    isGiven(timeframes, ['daily', 'day', '1d', '1day', 'all']) && 'timeframes',
    lookbackDays !== undefined && lookbackDays !== null && lookbackDays !== 1 && 'lookback_days',
  ].filter((name) => name !== false);
  const base = `${what} for session ${session} started: ${phases.join(', ')}`;
  if (ignored.length === 0) return base;
  return `${base}. ${ignored.join(', ')} were ignored: a run covers the whole market, the newest closed session and daily bars`;
}

function isGiven(value: string | readonly string[] | null | undefined, meaningAll: readonly string[] = []): boolean {
  const list = typeof value === 'string' ? [value] : (value ?? []);
  return list.some((name) => !meaningAll.includes(name.toLowerCase()));
}
