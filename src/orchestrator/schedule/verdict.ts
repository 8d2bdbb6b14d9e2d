import type { SessionDate } from '../../core/session.js';
import type { SlotStatus } from './slot-transitions.js';
import type { Verdict } from '../../core/verdicts.js';

/** A weekday and its verdict. */
export interface SessionVerdict {
  readonly session: SessionDate;
  readonly verdict: Verdict;
  /** Why, and the command that acts where there is one; null where nothing is left to say. */
  readonly reason: string | null;
  /** Trigger time of its run; null on a day without a session. ISO, UTC. */
  readonly dueAt: string | null;
  /** When a waiting session is tried again. ISO, UTC. */
  readonly retryAt: string | null;
  readonly publishedAt: string | null;
  /** Its newest run. */
  readonly runId: string | null;
}

/** What is stored about a session, and whether it was due. */
export interface SessionFacts {
  readonly published: 'completed' | 'completed_with_holds' | null;
  readonly isHeld: boolean;
  readonly runStatus: string | null;
  readonly error: string | null;
  readonly slot: SlotStatus | null;
  readonly reason: string | null;
  /** Its trigger time has passed while the schedule was on. */
  readonly wasDue: boolean;
}

/** The one place that decides a verdict. A session that is published stays so while a later run works on it. */
export function toVerdict(facts: SessionFacts): { readonly verdict: Verdict; readonly reason: string | null } {
  const { published, isHeld, runStatus, error, slot, reason, wasDue } = facts;
  if (published !== null && isHeld) return { verdict: 'held', reason: 'the whole session is held: tickstock holds' };
  if (published === 'completed') return { verdict: 'published', reason: null };
  if (published !== null) return { verdict: 'published_with_holds', reason: 'universes are held: tickstock holds' };
  if (runStatus === 'running') return { verdict: 'running', reason: null };
  if (slot === 'due' || slot === 'claimed') return { verdict: 'waiting', reason };
  const failure =
    runStatus === null ? null : `run ${runStatus.replaceAll('_', ' ')}${error === null ? '' : `: ${error}`}`;
  if (slot === 'missed') return { verdict: 'missed', reason: reason ?? failure };
  if (wasDue) return { verdict: 'missed', reason: failure ?? 'no service ran when it was due: tickstock backfill' };
  return { verdict: 'not_scheduled', reason: failure };
}
