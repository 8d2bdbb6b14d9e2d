import { SOURCE_NOT_READY, type ErrorCode, type PipelineError } from '../../core/errors.js';
import type { SessionDate } from '../../core/session.js';

const MINUTE_MS = 60_000;
const LONGEST_PAUSE_MINUTES = 15;
/** A run whose process died or was stopped is restarted; the limit ends a loop of runs that kill their process. */
export const MAX_ATTEMPTS = 3;

/** Ends by itself, at a time that nothing foretells. */
const WAITED_OUT: ReadonlySet<ErrorCode> = new Set(['EOD_STOPPING', 'EOD_RUN_LOCKED']);

/** What becomes of sessions that are due: section `schedule` of the configuration. */
export interface SchedulePolicy {
  /** How long after its trigger time a session waits for its source, milliseconds. */
  readonly waitMs: number;
  /** From how long after its trigger time on a session that is not published is late, milliseconds. */
  readonly lateMs: number;
  /** Sessions that were due while no service ran. */
  readonly catchUp: 'each' | 'latest' | 'none';
  readonly catchUpSessions: number;
}

/** A slot and its outcome; the reason says why its session was not run, or waits. */
export interface SlotOutcome {
  readonly session: SessionDate;
  readonly state: 'due' | 'completed' | 'skipped' | 'missed';
  readonly reason: string | null;
}

/** What becomes of a slot whose run could not start. */
export function afterRefusal(
  error: PipelineError,
  dueMs: number,
  nowMs: number,
  { waitMs }: SchedulePolicy,
): 'due' | 'missed' {
  if (WAITED_OUT.has(error.code)) return 'due';
  const mayPass = error.retryable || SOURCE_NOT_READY.includes(error.code);
  return mayPass && nowMs - dueMs < waitMs ? 'due' : 'missed';
}

/** When it is tried again: after a minute, then after twice as long each time, a quarter of an hour at most. */
export function toRetryAt(error: PipelineError, tries: number, nowMs: number): number {
  if (WAITED_OUT.has(error.code)) return nowMs;
  return nowMs + MINUTE_MS * Math.min(LONGEST_PAUSE_MINUTES, 2 ** Math.max(0, tries - 1));
}

/** Why a session is missed that is no longer begun; null when it is. */
export function isOverdue(dueMs: number, nowMs: number, tries: number, policy: SchedulePolicy): string | null {
  if (policy.catchUp !== 'none' || tries > 0 || nowMs - dueMs < policy.waitMs) return null;
  return `no service ran within ${policy.waitMs / MINUTE_MS} minutes of its trigger time, ${new Date(dueMs).toISOString()}`;
}
