import type { TradingCalendar } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import { PipelineError, toPipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import { readNewestSession } from './newest-session.js';
import type { Orchestrator } from './run/run.js';
import type { RunResult } from './run/run-request.js';

/** Starts the runs, and knows earlier ones. */
type Runner = Pick<Orchestrator, 'store' | 'run'>;

export interface BackfillRequest {
  readonly from: SessionDate;
  /** Default: the newest published session, so the range is recomputed. */
  readonly to?: SessionDate | undefined;
  /** Which sessions get indicators: `daily_indicators` has the newest value only, so those of earlier sessions are overwritten. */
  readonly indicators?: 'last' | 'all' | 'none' | undefined;
  /** Continue after a session without data, which then stays out: it cannot be run once a later one is published. */
  readonly skipMissing?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Who asked for it, for the audit. */
  readonly triggeredBy?: string | undefined;
  /** Called before the first session and after each, in order. */
  readonly onProgress?: (progress: BackfillProgress) => void;
}

export interface BackfillProgress {
  readonly total: number;
  readonly done: number;
  readonly latest?: BackfillSession;
  /** Set when published sessions are recomputed, from this one on. They are one run, whose phase reports the progress. */
  readonly replayFrom?: SessionDate;
}

export interface BackfillSession {
  readonly session: SessionDate;
  /** `missing`: it had no data, and the backfill continued. */
  readonly status: RunResult['status'] | 'skipped' | 'missing';
  readonly durationMs: number;
  /** Undefined when the session was skipped, or refused before it started. */
  readonly run?: RunResult;
  /** Why the session failed, was refused or cancelled. */
  readonly error?: PipelineError;
}

export interface BackfillResult {
  readonly sessions: readonly BackfillSession[];
  /** Set when published sessions were recomputed: `sessions` then has the one run that did it. */
  readonly replayedFrom?: SessionDate;
  readonly status: 'completed' | 'completed_with_holds' | 'failed' | 'cancelled';
  readonly durationMs: number;
  readonly error?: PipelineError;
}

/** What a backfill would do, decided before anything runs. */
export type BackfillSteps =
  | { readonly kind: 'run'; readonly sessions: readonly SessionDate[]; readonly newest: SessionDate | undefined }
  /** Published sessions are recomputed, from the first one to the newest. */
  | { readonly kind: 'replay'; readonly sessions: readonly SessionDate[]; readonly newest: SessionDate };

/**
 * Runs every session of a range, oldest first; the first failure ends it. A range of published sessions is recomputed instead, from its first
 * published session to the newest one, as one run: see `replay`.
 *
 * Edges: in a range that extends beyond the published sessions, those before the newest are skipped, so that an interrupted backfill resumes.
 *        A session that is older than the newest and was never published cannot be inserted.
 * @throws EOD_SESSION_INVALID, EOD_SESSION_FUTURE, EOD_SESSION_NOT_NEWEST before anything runs
 */
export async function runBackfill(
  runner: Runner,
  calendar: TradingCalendar,
  clock: Clock,
  request: BackfillRequest,
): Promise<BackfillResult> {
  const steps = await decideSteps(runner, calendar, clock, request);
  if (steps.kind === 'run') return runSessions(runner, clock, request, steps.sessions, steps.newest);
  return replay(runner, clock, request, steps.sessions[0] ?? steps.newest, steps.newest);
}

/** What a backfill does. @throws as `runBackfill` */
export async function decideSteps(
  runner: Pick<Runner, 'store'>,
  calendar: TradingCalendar,
  clock: Clock,
  request: Pick<BackfillRequest, 'from' | 'to'>,
): Promise<BackfillSteps> {
  const newest = await readNewestSession(runner.store);
  const completed = await runner.store.completedSessions('cache-sync');
  const to = request.to ?? completed.at(-1);
  if (to === undefined) {
    throw new PipelineError('EOD_SESSION_INVALID', 'there are no published sessions to recompute', {
      hint: 'add --to with the last session to run',
    });
  }
  const sessions = planSessions(calendar, clock, request.from, to);
  const published = new Set(completed);
  // A session that was never published, such as one without data, is refused only when the range was given explicitly.
  if (request.to !== undefined) assertInOrder(sessions, published, newest);
  const first = sessions.find((day) => published.has(day));
  if (first !== undefined && newest !== undefined && newest === completed.at(-1) && to <= newest) {
    return { kind: 'replay', sessions: completed.filter((day) => day >= first), newest };
  }
  if (first !== undefined && newest !== undefined && to < newest) {
    throw new PipelineError(
      'EOD_PHASE_NEEDS',
      `${newest} is imported but not published yet; sessions before it can be recomputed after that`,
      { hint: `run \`tickstock run --session ${newest} --phase cache-sync\` first` },
    );
  }
  return { kind: 'run', sessions, newest };
}

/** Whether a session is passed over, because a later one is published. */
export function isPublished(session: SessionDate, newest: SessionDate | undefined): boolean {
  return newest !== undefined && session < newest;
}

/** Runs sessions in order until one fails; those before the newest one are skipped. */
async function runSessions(
  runner: Runner,
  clock: Clock,
  request: BackfillRequest,
  sessions: readonly SessionDate[],
  newest: SessionDate | undefined,
): Promise<BackfillResult> {
  return runInOrder(clock, sessions, {
    ...request,
    isDone: (session) => isPublished(session, newest),
    run: (session) => runSession(runner, clock, { ...request, session, isLast: session === sessions.at(-1) }),
  });
}

/** What is done with each session of a range. */
interface RangeWork extends Pick<BackfillRequest, 'skipMissing' | 'onProgress'> {
  /** Whether the session is skipped. */
  readonly isDone: (session: SessionDate) => boolean;
  readonly run: (session: SessionDate) => Promise<BackfillSession>;
}

/** Runs sessions in order until one fails; a session without data ends it unless `skipMissing` is set. */
export async function runInOrder(
  clock: Clock,
  sessions: readonly SessionDate[],
  { isDone, run, skipMissing, onProgress }: RangeWork,
): Promise<BackfillResult> {
  const startedAt = clock.now();
  const done: BackfillSession[] = [];
  onProgress?.({ total: sessions.length, done: 0 });
  for (const session of sessions) {
    const ran: BackfillSession = isDone(session) ? { session, status: 'skipped', durationMs: 0 } : await run(session);
    const isMissing = skipMissing === true && ran.error?.code === 'EOD_SOURCE_MISSING';
    const latest: BackfillSession = isMissing ? { ...ran, status: 'missing' } : ran;
    done.push(latest);
    onProgress?.({ total: sessions.length, done: done.length, latest });
    if (latest.error && !isMissing) break;
  }
  return { sessions: done, durationMs: clock.now() - startedAt, ...summarise(done) };
}

/**
 * Recomputes the published sessions from one on, as one run of the newest session, because the result of a session depends on those before
 * it. Readers see the new state only when all of it is complete.
 */
async function replay(
  runner: Runner,
  clock: Clock,
  { indicators = 'last', signal, onProgress, triggeredBy }: BackfillRequest,
  from: SessionDate,
  session: SessionDate,
): Promise<BackfillResult> {
  const startedAt = clock.now();
  onProgress?.({ total: 1, done: 0, replayFrom: from });
  const done = await attempt(clock, session, () =>
    runner.run({
      session,
      phases: indicators === 'none' ? ['cache-sync'] : ['cache-sync', 'indicators'],
      trigger: 'backfill',
      replayFrom: from,
      ...(triggeredBy !== undefined && { triggeredBy }),
      ...(signal && { signal }),
    }),
  );
  onProgress?.({ total: 1, done: 1, latest: done, replayFrom: from });
  return { sessions: [done], replayedFrom: from, durationMs: clock.now() - startedAt, ...summarise([done]) };
}

async function runSession(
  runner: Runner,
  clock: Clock,
  { session, isLast, indicators = 'last', signal }: BackfillRequest & { session: SessionDate; isLast: boolean },
): Promise<BackfillSession> {
  const withIndicators = indicators === 'all' || (indicators === 'last' && isLast);
  return attempt(clock, session, () =>
    runner.run({
      session,
      phases: withIndicators ? [] : ['import', 'cache-sync'],
      trigger: 'backfill',
      ...(signal && { signal }),
    }),
  );
}

/** The entry of a run, also of one that was refused before it started: the results of the sessions before it must not be lost. */
export async function attempt(
  clock: Clock,
  session: SessionDate,
  start: () => Promise<RunResult>,
): Promise<BackfillSession> {
  const startedAt = clock.now();
  try {
    const run = await start();
    return { session, status: run.status, durationMs: run.durationMs, run, ...(run.error && { error: run.error }) };
  } catch (thrown) {
    const error = toPipelineError(thrown);
    const status = error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed';
    return { session, status, durationMs: clock.now() - startedAt, error };
  }
}

/** @throws EOD_SESSION_INVALID, EOD_SESSION_FUTURE */
export function planSessions(
  calendar: TradingCalendar,
  clock: Clock,
  from: SessionDate,
  to: SessionDate,
): SessionDate[] {
  if (from > to) {
    throw new PipelineError('EOD_SESSION_INVALID', `--from ${from} is after --to ${to}`, {
      hint: 'swap the two dates',
    });
  }
  const sessions = calendar.between(from, to);
  const last = sessions.at(-1);
  if (last === undefined) {
    throw new PipelineError('EOD_SESSION_INVALID', `there is no session from ${from} to ${to}`, {
      hint: `the nearest is ${calendar.nearest(from)}`,
    });
  }
  calendar.assertClosedSession(last, clock.now());
  return sessions;
}

function assertInOrder(
  sessions: readonly SessionDate[],
  published: ReadonlySet<string>,
  newest: SessionDate | undefined,
): void {
  const late = sessions.filter((session) => newest !== undefined && session < newest && !published.has(session));
  if (late.length === 0) return;
  throw new PipelineError(
    'EOD_SESSION_NOT_NEWEST',
    `${late.length} sessions from ${late[0]} on are older than ${newest}, which has been imported`,
    { hint: 'backfill into an empty database (--data-dir PATH or DATABASE_URL), or start after the newest session' },
  );
}

function summarise(done: readonly BackfillSession[]): Pick<BackfillResult, 'status' | 'error'> {
  const last = done.at(-1);
  const error = last?.status === 'missing' ? undefined : last?.error;
  if (error) return { status: error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed', error };
  return {
    status: done.some(({ status }) => status === 'completed_with_holds') ? 'completed_with_holds' : 'completed',
  };
}
