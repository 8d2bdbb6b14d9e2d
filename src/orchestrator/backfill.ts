import type { TradingCalendar } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import { PipelineError, toPipelineError } from '../core/errors.js';
import type { SessionDate } from '../core/session.js';
import { readNewestSession } from './newest-session.js';
import type { Orchestrator } from './run/run.js';
import type { RunResult } from './run/run-request.js';

/** What starts the runs, and knows which there have been. */
type Runner = Pick<Orchestrator, 'store' | 'run'>;

export interface BackfillRequest {
  readonly from: SessionDate;
  /** Default: the newest published session, which recomputes what is there. */
  readonly to?: SessionDate | undefined;
  /** Which sessions get indicators: they hold only the newest value, so computing every session's would mostly be overwritten. */
  readonly indicators?: 'last' | 'all' | 'none';
  readonly signal?: AbortSignal;
  /** Who asked for it, for the audit. */
  readonly triggeredBy?: string;
  /** Called before the first session and after each, in order. */
  readonly onProgress?: (progress: BackfillProgress) => void;
}

export interface BackfillProgress {
  readonly total: number;
  readonly done: number;
  readonly latest?: BackfillSession;
  /** Set when published sessions are recomputed, from this one on: they are one run, and its phase tells how far it is. */
  readonly replayFrom?: SessionDate;
}

export interface BackfillSession {
  readonly session: SessionDate;
  readonly status: RunResult['status'] | 'skipped';
  readonly durationMs: number;
  /** Missing when the session was skipped, or refused before it began. */
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

/**
 * Runs every session of a range, oldest first; the first failure ends it. A range in which everything is published is recomputed instead, from its
 * first session to the newest there is, as one run: see `replay`.
 *
 * Edges: where the range goes on after what is published, a session that is published and not the newest is skipped, so that a backfill which was
 *        stopped goes on where it was. One that is older than the newest but was never published cannot be put in between.
 * @throws EOD_SESSION_INVALID, EOD_SESSION_FUTURE, EOD_SESSION_NOT_NEWEST before anything runs
 */
export async function runBackfill(
  orchestrator: Runner,
  calendar: TradingCalendar,
  clock: Clock,
  request: BackfillRequest,
): Promise<BackfillResult> {
  const newest = await readNewestSession(orchestrator.store);
  const completed = await orchestrator.store.completedSessions('cache-sync');
  const to = request.to ?? completed.at(-1);
  if (to === undefined) {
    throw new PipelineError('EOD_SESSION_INVALID', 'nothing has been published yet that could be recomputed', {
      hint: 'add --to with the last session to run',
    });
  }
  const sessions = planSessions(calendar, clock, request.from, to);
  const published = new Set(completed);
  // What never was published, such as a session that no feed has, stands in the way only of who asks for it.
  if (request.to !== undefined) assertInOrder(sessions, published, newest);
  const first = sessions.find((day) => published.has(day));
  if (first !== undefined && newest !== undefined && newest === completed.at(-1) && to <= newest) {
    return replay(orchestrator, clock, request, first, newest);
  }
  if (first !== undefined && newest !== undefined && to < newest) {
    throw new PipelineError(
      'EOD_PHASE_NEEDS',
      `${newest} is imported and not published yet; sessions before it are recomputed after that`,
      {
        hint: `run \`tickstock run --session ${newest} --phase cache-sync\` first`,
      },
    );
  }
  const startedAt = clock.now();
  const done: BackfillSession[] = [];
  request.onProgress?.({ total: sessions.length, done: 0 });
  for (const session of sessions) {
    const isPast = newest !== undefined && session < newest;
    done.push(
      isPast
        ? { session, status: 'skipped', durationMs: 0 }
        : await runSession(orchestrator, clock, { ...request, session, isLast: session === sessions.at(-1) }),
    );
    const latest = done.at(-1);
    request.onProgress?.({ total: sessions.length, done: done.length, ...(latest && { latest }) });
    if (latest?.error) break;
  }
  return { sessions: done, durationMs: clock.now() - startedAt, ...summarise(done) };
}

/**
 * Recomputes what is published from a session on. Readers see nothing of it before it is whole: all of it is one run, of the newest session,
 * because what one session comes to depends on those before it.
 */
async function replay(
  orchestrator: Runner,
  clock: Clock,
  { indicators = 'last', signal, onProgress, triggeredBy }: BackfillRequest,
  from: SessionDate,
  session: SessionDate,
): Promise<BackfillResult> {
  const startedAt = clock.now();
  onProgress?.({ total: 1, done: 0, replayFrom: from });
  const done = await attempt(clock, session, () =>
    orchestrator.run({
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
  orchestrator: Runner,
  clock: Clock,
  { session, isLast, indicators = 'last', signal }: BackfillRequest & { session: SessionDate; isLast: boolean },
): Promise<BackfillSession> {
  const withIndicators = indicators === 'all' || (indicators === 'last' && isLast);
  return attempt(clock, session, () =>
    orchestrator.run({
      session,
      phases: withIndicators ? [] : ['import', 'cache-sync'],
      trigger: 'backfill',
      ...(signal && { signal }),
    }),
  );
}

/** What became of a run; one that was refused before it began is an entry too: what the sessions before it did must still be told. */
async function attempt(clock: Clock, session: SessionDate, start: () => Promise<RunResult>): Promise<BackfillSession> {
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

function planSessions(calendar: TradingCalendar, clock: Clock, from: SessionDate, to: SessionDate): SessionDate[] {
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
    `${late.length} sessions from ${late[0]} on are older than ${newest}, which is already there`,
    { hint: 'backfill into an empty database (--data-dir PATH or DATABASE_URL), or start after the newest session' },
  );
}

function summarise(done: readonly BackfillSession[]): Pick<BackfillResult, 'status' | 'error'> {
  const error = done.at(-1)?.error;
  if (error) return { status: error.code === 'EOD_CANCELLED' ? 'cancelled' : 'failed', error };
  return {
    status: done.some(({ status }) => status === 'completed_with_holds') ? 'completed_with_holds' : 'completed',
  };
}
