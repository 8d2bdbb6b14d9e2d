import type { TradingCalendar } from '../core/calendar.js';
import type { Clock } from '../core/clock.js';
import type { SessionDate } from '../core/session.js';
import {
  attempt,
  planSessions,
  runInOrder,
  type BackfillProgress,
  type BackfillRequest,
  type BackfillResult,
} from './backfill.js';
import type { Orchestrator } from './run/run.js';

/** A range of sessions to import and not to publish. */
export interface ImportRangeRequest extends Pick<BackfillRequest, 'skipMissing' | 'signal' | 'triggeredBy'> {
  readonly from: SessionDate;
  /** Default: the newest session that has closed. */
  readonly to?: SessionDate | undefined;
  /** Called before the first session and after each, in order. */
  readonly onProgress?: (progress: Omit<BackfillProgress, 'replayFrom'>) => void;
}

/** Sessions in order; `skipped` ones had been imported before. */
export type ImportRangeResult = Omit<BackfillResult, 'replayedFrom'>;

/**
 * Imports bars, quotes and facts of every session of a range, oldest first, and publishes nothing: the history that indicators, splits and
 * listings of the session that is published next are computed from.
 *
 * Edges: each session is one transaction, and sessions that were imported are skipped, so that an interrupted import resumes. The first
 *        failure ends it. The facts of symbols are those of the newest session, whatever the order.
 * @throws EOD_SESSION_INVALID, EOD_SESSION_FUTURE before anything runs
 */
export async function importRange(
  runner: Pick<Orchestrator, 'store' | 'run'>,
  calendar: TradingCalendar,
  clock: Clock,
  { from, to = calendar.lastClosed(clock.now()), onProgress, skipMissing, signal, triggeredBy }: ImportRangeRequest,
): Promise<ImportRangeResult> {
  const sessions = planSessions(calendar, clock, from, to);
  const imported = new Set(await runner.store.completedSessions('import'));
  return runInOrder(clock, sessions, {
    skipMissing,
    ...(onProgress && { onProgress }),
    isDone: (session) => imported.has(session),
    run: (session) =>
      attempt(clock, session, () =>
        runner.run({
          session,
          phases: ['import'],
          trigger: 'backfill',
          ...(triggeredBy !== undefined && { triggeredBy }),
          ...(signal && { signal }),
        }),
      ),
  });
}
