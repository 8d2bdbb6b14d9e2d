import type { SessionDate } from '../core/session.js';

export type ProgressStatus = 'running' | 'completed' | 'failed' | 'cancelled';
export type FinishedProgressStatus = Exclude<ProgressStatus, 'running'>;
export type FinishedPhaseStatus = 'completed' | 'failed' | 'cancelled' | 'skipped';

interface PhaseTitle {
  readonly id: string;
  readonly title: string;
}

export interface RunStart {
  readonly runId: string;
  readonly session: SessionDate;
  /** In the order they run. */
  readonly phases: readonly PhaseTitle[];
}

/** What happened in a run, as the phase reports it. `atMs` is milliseconds since the epoch. */
export type ProgressEvent = { readonly runId: string; readonly atMs: number } & (
  | ({ readonly type: 'run-started' } & Omit<RunStart, 'runId'>)
  | { readonly type: 'phase-started'; readonly phaseId: string }
  | {
      readonly type: 'task-started';
      readonly phaseId: string;
      readonly taskId: string;
      readonly title: string;
      readonly total: number;
      /** Share of the phase; 1 by default. */
      readonly weight?: number;
    }
  | {
      readonly type: 'task-advanced';
      readonly phaseId: string;
      readonly taskId: string;
      readonly units: number;
      readonly current?: string;
    }
  | { readonly type: 'task-finished'; readonly phaseId: string; readonly taskId: string }
  | {
      readonly type: 'phase-finished';
      readonly phaseId: string;
      readonly status: FinishedPhaseStatus;
      readonly summary?: string;
    }
  | { readonly type: 'run-finished'; readonly status: FinishedProgressStatus }
);

export type ProgressEventOf<Type extends ProgressEvent['type']> = Extract<ProgressEvent, { readonly type: Type }>;
