import type { Clock } from './clock.js';
import type { PipelineError } from './errors.js';
import type { PhaseParity, PhasePreview, PreviewRequest } from './preview.js';
import type { RunMode } from './run-mode.js';
import type { SessionDate } from './session.js';

/** Runs a task when one of the run's slots is free. One limiter a run bounds how many connections it takes. */
export type Limiter = <Result>(task: () => Promise<Result>) => Promise<Result>;

/** One step of a phase, measured in work finished. */
export interface TaskProgress {
  /** Adds finished units. `current` names what was finished last, for a person to read. */
  advance(units: number, current?: string): void;
  /** Marks the whole task done, whatever was counted before. */
  finish(): void;
}

/** A phase's own line to the job-progress tracker. */
export interface PhaseProgress {
  /** Starts a task; `total` in units of its own (rows, symbols, universes), at least 1. */
  startTask(id: string, title: string, total: number): TaskProgress;
}

/** The part of a database transaction that completing a phase needs. */
export interface StatementRunner {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/** An event of the catalogue (`src/events`), before it gets its id and its time. */
export interface EventDraft {
  readonly event: string;
  /** Where it is published; the first is its own, further ones repeat it for older listeners. */
  readonly channels: readonly string[];
  readonly source: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The run a phase works in, as its events tell it. */
export interface RunFacts {
  readonly runId: string;
  readonly session: SessionDate;
  readonly mode: RunMode;
  readonly force: boolean;
  /** Active symbols when the run began. */
  readonly symbols: number;
}

/** Where a phase stands. */
export interface PhasePosition {
  /** Work finished, 0 to 1. */
  readonly fraction: number;
  /** What is being done, and what was finished last: `Writing valuations`, `top_500`; empty before there is anything. */
  readonly task: string;
  readonly current: string;
  readonly elapsedMs: number;
  /** Null while the speed so far says nothing. */
  readonly etaMs: number | null;
}

/**
 * How the consumer hears of a phase. What `started` and `ended` give is stored with the phase's own status, in the same transaction, and never
 * lost; of `progress` only the first and the last are.
 */
export interface PhaseEvents {
  /** The consumer's name of the phase: `data_import`, `cache_sync`, `indicator_processing`. */
  readonly job: string;
  /** When this phase was requested by itself, over the API: `by` names the caller. */
  requested?(run: RunFacts, by: string): readonly EventDraft[];
  started(run: RunFacts): readonly EventDraft[];
  progress(run: RunFacts, position: PhasePosition): readonly EventDraft[];
  ended(run: RunFacts, outcome: PhaseOutcome): readonly EventDraft[];
}

/** How a phase ended; exactly one of `report` and `error` is there. */
export type PhaseOutcome = { readonly durationMs: number } & (
  | { readonly report: PhaseReport; readonly error?: undefined }
  | { readonly report?: undefined; readonly error: PipelineError }
);

/** What a phase says of its work; stored in `pipeline.phase_run`. */
export interface PhaseReport {
  /** One line for people. */
  readonly summary: string;
  /** False when the phase found everything as it should be and wrote nothing. */
  readonly changed: boolean;
  /** True when bad data was held back: the phase is done, but not all of it was published. */
  readonly held?: boolean;
  /**
   * Units of work: symbols, rows, universes. The run's own totals are made from `symbols` (worked on), `failed` and `indicators`, where a
   * phase has them.
   */
  readonly counters: Readonly<Record<string, number>>;
  /** What a person should know but that stopped nothing. */
  readonly warnings: readonly string[];
  /** Phase-specific facts, JSON. */
  readonly details: Readonly<Record<string, unknown>>;
  /** What the result was made from, to recognise a repetition. */
  readonly hashes?: Readonly<Record<string, string>>;
  /** What changed, for the consumer: published with the data, never stored in the report. */
  readonly events?: readonly EventDraft[];
}

/** Holds that a person approves: exactly what was shown of them is published, or nothing. */
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
  /** Compute and publish again although the input has not changed. */
  readonly recompute: boolean;
  readonly signal: AbortSignal;
  readonly limit: Limiter;
  readonly progress: PhaseProgress;
  readonly clock: Clock;
  readonly approval?: HoldApproval | undefined;
  /** Recompute every published session from this one to `session`, in order, and correct what was believed of them. */
  readonly replayFrom?: SessionDate | undefined;
  /**
   * Marks the phase completed inside the transaction that publishes its data, so that neither is seen without the other. Call it as the last
   * that writes: from here to the commit everybody else's events wait.
   * @throws EOD_FENCED when another run has taken over: the transaction must then roll back
   */
  completeIn(transaction: StatementRunner, report: PhaseReport): Promise<void>;
}

/**
 * One step of the daily run. Registered in `phases/index.ts`, built by the container.
 *
 * `run` is idempotent: a second call for the same session and input changes nothing. It reports work finished, throws only
 * PipelineErrors of its own, calls `context.completeIn` exactly once, and neither logs to the console nor reads the environment.
 */
export interface Phase {
  readonly id: string;
  /** Place in the run: 2, 2.5, 3. A host's phases go where their ordinal says. */
  readonly ordinal: number;
  readonly title: string;
  /** Ids of phases that must have completed for the same session. */
  readonly needs: readonly string[];
  /** Without them the phase still shows in the run's own progress events. */
  readonly events?: PhaseEvents;
  run(context: PhaseContext): Promise<PhaseReport>;
  /** Refuses a session that this phase could not run for, before any phase of the run has done work. */
  assertRunnable?(session: SessionDate, mode: RunMode): Promise<void>;
  /** What `run` would do, read only. */
  preview?(request: PreviewRequest): Promise<PhasePreview>;
  /** How what is published differs from what `run` would write, read only. */
  compare?(request: PreviewRequest): Promise<PhaseParity>;
}
