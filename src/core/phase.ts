import type { Clock } from './clock.js';
import type { PipelineError } from './errors.js';
import type { PhaseParity, PhasePreview, PreviewRequest } from './preview.js';
import type { RowHandover } from './row-handover.js';
import type { RunMode } from './run-mode.js';
import type { SessionDate } from './session.js';
import type { TrialRequest, UniverseTrial } from './universe-trial.js';

/** Runs a task when a slot of the run is free. One limiter per run bounds its number of connections. */
export type Limiter = <Result>(task: () => Promise<Result>) => Promise<Result>;

/** One step of a phase, measured in work finished. */
export interface TaskProgress {
  /** Adds finished units. `current` names the last finished one, for people. */
  advance(units: number, current?: string): void;
  /** Marks the whole task as done, regardless of the count. */
  finish(): void;
}

/** The progress handle of a phase. */
export interface PhaseProgress {
  /**
   * Starts a task; `total` in units of its own (rows, symbols, universes), at least 1. `weight` is its share of the phase beside those of the
   * other tasks, 1 by default: more for a task that takes longer.
   */
  startTask(id: string, title: string, total: number, weight?: number): TaskProgress;
}

/** The part of a database transaction that is needed to complete a phase. */
export interface StatementRunner {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/** An event of the catalogue (`src/events`) before it has an id and a time. */
export interface EventDraft {
  readonly event: string;
  /** Channels to publish to; the first is the event's own, the others repeat it for older listeners. */
  readonly channels: readonly string[];
  readonly source: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The run of a phase, as its events describe it. */
export interface RunFacts {
  readonly runId: string;
  readonly session: SessionDate;
  readonly mode: RunMode;
  readonly force: boolean;
  /** Active symbols when the run began. */
  readonly symbols: number;
}

/** Progress of a phase. */
export interface PhasePosition {
  /** Work finished, 0 to 1. */
  readonly fraction: number;
  /** The current task and the last finished unit: `Writing valuations`, `top_500`; empty before the first. */
  readonly task: string;
  readonly current: string;
  readonly elapsedMs: number;
  /** Null while an estimate is not possible. */
  readonly etaMs: number | null;
}

/**
 * Events of a phase for the consumer. Those of `started` and `ended` are stored in the transaction that stores the status of the phase, and
 * are never lost; of `progress` only the first and the last are stored.
 */
export interface PhaseEvents {
  /** The consumer's name for the phase: `data_import`, `cache_sync`, `indicator_processing`. */
  readonly job: string;
  /** When this phase was requested alone, over the API: `by` names the caller. */
  requested?(run: RunFacts, by: string): readonly EventDraft[];
  started(run: RunFacts): readonly EventDraft[];
  progress(run: RunFacts, position: PhasePosition): readonly EventDraft[];
  ended(run: RunFacts, outcome: PhaseOutcome): readonly EventDraft[];
}

/** How a phase ended; exactly one of `report` and `error` is set. */
export type PhaseOutcome = { readonly durationMs: number } & (
  | { readonly report: PhaseReport; readonly error?: undefined }
  | { readonly report?: undefined; readonly error: PipelineError }
);

/** Report of a phase; stored in `pipeline.phase_run`. */
export interface PhaseReport {
  /** One line for people. */
  readonly summary: string;
  /** False when everything was up to date and the phase wrote nothing. */
  readonly changed: boolean;
  /** True when bad data was held back: the phase completed, but did not publish everything. */
  readonly held?: boolean;
  /**
   * Units of work: symbols, rows, universes. The totals of the run are computed from `symbols` (worked on), `failed` and `indicators`,
   * where a phase has them.
   */
  readonly counters: Readonly<Record<string, number>>;
  /** Warnings for people. */
  readonly warnings: readonly string[];
  /** Phase-specific facts, JSON. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Hash of the input, to recognise a repetition. */
  readonly hashes?: Readonly<Record<string, string>>;
  /** Changes for the consumer: published with the data, not stored in the report. */
  readonly events?: readonly EventDraft[];
}

/** Holds that a person approves: exactly what was shown is published, or nothing. */
export interface HoldApproval {
  readonly holds: readonly number[];
  readonly by: string;
  readonly reason: string;
}

export interface PhaseContext {
  readonly runId: string;
  readonly session: SessionDate;
  readonly mode: RunMode;
  /** Skip the gates. */
  readonly force: boolean;
  /** Compute and publish again even if the input has not changed. */
  readonly recompute: boolean;
  readonly signal: AbortSignal;
  readonly limit: Limiter;
  readonly progress: PhaseProgress;
  readonly clock: Clock;
  readonly approval?: HoldApproval | undefined;
  /** Recompute every published session from this one to `session`, in order, and correct the recorded memberships. */
  readonly replayFrom?: SessionDate | undefined;
  /**
   * Refuses to write for a run that another process has taken over. Call it first in a transaction that writes and does not end with
   * `completeIn`.
   * @throws EOD_FENCED
   */
  assertOwner(transaction: StatementRunner): Promise<void>;
  /**
   * Marks the phase as completed inside the transaction that publishes its data, so that neither is visible without the other. Call it as
   * the last write: from here to the commit all other writers of events wait.
   * @throws EOD_FENCED when another run has taken over: the transaction must then roll back
   */
  completeIn(transaction: StatementRunner, report: PhaseReport): Promise<void>;
}

/**
 * A step of the daily run. Registered in `phases/index.ts`, built by the container.
 *
 * `run` is idempotent: a second call for the same session and input changes nothing. It reports finished work, throws only PipelineErrors
 * of its own, calls `context.completeIn` exactly once, and neither logs to the console nor reads the environment.
 */
export interface Phase {
  readonly id: string;
  /** Position in the run: 2, 2.5, 3. Phases of a host are placed by their ordinal. */
  readonly ordinal: number;
  readonly title: string;
  /** Ids of phases that must have completed for the same session. */
  readonly needs: readonly string[];
  /** Without them the phase appears only in the progress events of the run. */
  readonly events?: PhaseEvents;
  /** HH:MM in New York from which its source usually has the data of the day, for `schedule.triggerTime: source`. */
  readonly publishesAt?: string | undefined;
  run(context: PhaseContext): Promise<PhaseReport>;
  /** Refuses a session that this phase could not run for, before any phase of the run starts. */
  assertRunnable?(session: SessionDate, mode: RunMode): Promise<void>;
  /** What `run` would do; read only. */
  preview?(request: PreviewRequest): Promise<PhasePreview>;
  /** How the published data differs from what `run` would write; read only. */
  compare?(request: PreviewRequest): Promise<PhaseParity>;
  /** What universes of the settings would contain in a session; read only. */
  tryUniverses?(request: TrialRequest): Promise<UniverseTrial>;
  /** Decisions about rows that another program wrote where this phase publishes. */
  readonly handover?: RowHandover;
  /** Releases what the phase keeps outside the database, such as temporary files; called when the pipeline closes. */
  close?(): Promise<void>;
}
