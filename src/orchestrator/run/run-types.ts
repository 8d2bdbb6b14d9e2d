import type { HoldApproval, Phase } from '../../core/phase.js';
import type { RunMode } from '../../core/run-mode.js';
import type { SessionDate } from '../../core/session.js';

export type RunTrigger = 'manual' | 'automatic' | 'backfill' | 'api';
export type EndedRunStatus = 'completed' | 'completed_with_holds' | 'failed' | 'cancelled';

export interface NewRun {
  readonly id: string;
  readonly session: SessionDate;
  readonly trigger: RunTrigger;
  readonly mode: RunMode;
  readonly force: boolean;
  readonly recompute: boolean;
  readonly approval?: HoldApproval | undefined;
  readonly replayFrom?: SessionDate | undefined;
  readonly owner: string;
  /** Of the lease under which it runs. */
  readonly fence: string;
  /** The requester; absent for the schedule. */
  readonly triggeredBy?: string | undefined;
  readonly phases: readonly Phase[];
  readonly configHash: string;
  /** Source and folder of the import, which the hash leaves out. */
  readonly input: string;
  readonly codeVersion: string;
}
