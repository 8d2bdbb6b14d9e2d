import type { Clock } from '../../core/clock.js';
import type { Logger } from '../../core/logger.js';
import type { HoldApproval, Phase, PhaseReport } from '../../core/phase.js';
import type { PipelineError } from '../../core/errors.js';
import type { RunMode } from '../../core/run-mode.js';
import type { SessionDate } from '../../core/session.js';
import type { Database } from '../../db/database.js';
import type { LeaseTimes } from '../../db/lease.js';
import type { ProgressTracker } from '../../progress/tracker.js';
import type { EventSink } from './progress-bridge.js';
import type { EndedRunStatus, RunTrigger } from './run-types.js';

export interface RunRequest {
  readonly session: SessionDate;
  /** Phase ids; none means all. */
  readonly phases?: readonly string[] | undefined;
  /** The phases that need one of them as well. */
  readonly downstream?: boolean | undefined;
  readonly trigger?: RunTrigger | undefined;
  /** The requester, for the audit: a person, a key, a schedule. */
  readonly triggeredBy?: string | undefined;
  readonly mode?: RunMode | undefined;
  /** Skip the gates; the audit records the requester. */
  readonly force?: boolean | undefined;
  /** Compute and publish again even if the input has not changed; gates apply. */
  readonly recompute?: boolean | undefined;
  /** Holds to be published, exactly as they were shown. */
  readonly approval?: HoldApproval | undefined;
  /** Recompute every published session from this one on; see `PhaseContext`. */
  readonly replayFrom?: SessionDate | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PhaseResult {
  readonly id: string;
  readonly title: string;
  readonly status: EndedRunStatus;
  readonly durationMs: number;
  readonly report?: PhaseReport;
  readonly error?: PipelineError;
}

/** The result of a run. A failed or cancelled run has `error`; what its completed phases published stays. */
export interface RunResult {
  readonly runId: string;
  readonly session: SessionDate;
  readonly status: EndedRunStatus;
  readonly durationMs: number;
  readonly phases: readonly PhaseResult[];
  readonly error?: PipelineError;
}

/** A run that holds its lease and is recorded. */
export interface StartedRun {
  readonly runId: string;
  readonly session: SessionDate;
  readonly phases: readonly string[];
  readonly trigger: RunTrigger;
  readonly mode: RunMode;
  readonly startedAt: Date;
  /** Symbols the run works on, as known so far. */
  readonly symbols: () => number;
  /** The end of the run; rejects only when the end could not be recorded. It need not be awaited. */
  readonly finished: Promise<RunResult>;
  cancel(reason: PipelineError): void;
}

/** How long is kept what answers no question about the past, in days. */
export interface Retention {
  /** Published events, and unpublished ones when no Redis is configured. */
  readonly eventsDays: number;
  /** Rows that an import refused, from its run on. */
  readonly rejectedRowsDays: number;
}

export interface OrchestratorParts {
  readonly phases: readonly Phase[];
  readonly database: Database;
  readonly tracker: ProgressTracker;
  readonly clock: Clock;
  /** Without one, events wait in the outbox. */
  readonly sink?: EventSink;
  readonly concurrency: number;
  /** Default: 20 s, renewed every 5 s. */
  readonly lease?: LeaseTimes;
  /** A phase that exceeds it is stopped and fails. Default: none. */
  readonly phaseTimeoutMs?: number;
  /** How long work that failed for a transient reason is retried. Default: not at all. */
  readonly retryMs?: number;
  readonly logger?: Logger;
  /** Default: everything is kept. */
  readonly retention?: Retention;
  readonly configHash: string;
  /** Source and folder of the import, which the hash leaves out. Default: none. */
  readonly input?: string;
  readonly codeVersion: string;
}
