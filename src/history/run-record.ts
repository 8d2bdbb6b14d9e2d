import type { RunTotals } from '../core/run-totals.js';
import type { SessionDate } from '../core/session.js';
import type { HoldRecord } from './holds.js';

/** A run as `pipeline.run` has it. Instants are ISO text in UTC. */
export interface RunRecord {
  readonly runId: string;
  readonly session: SessionDate;
  readonly trigger: string;
  readonly triggeredBy: string | null;
  readonly mode: string;
  readonly force: boolean;
  readonly attempt: number;
  readonly status: string;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly owner: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  /** Zeros until the run has ended. */
  readonly totals: RunTotals;
  readonly phases: readonly PhaseRecord[];
}

export interface PhaseRecord {
  readonly phase: string;
  readonly status: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly durationMs: number | null;
  readonly summary: string | null;
  readonly warnings: readonly string[];
  readonly counters: Readonly<Record<string, number>>;
}

/** A hold in one line. */
export type OpenHold = Pick<
  HoldRecord,
  'id' | 'universe' | 'gate' | 'message' | 'added' | 'removed' | 'heldSince' | 'heldSessions'
>;
