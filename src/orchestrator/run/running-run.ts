import type { Phase } from '../../core/phase.js';
import type { RunMode } from '../../core/run-mode.js';
import type { SessionDate } from '../../core/session.js';
import { toCompleted } from '../../core/measures.js';
import type { RunProgress } from '../../progress/model.js';
import { toJob, toPosition } from './run-events.js';
import type { StartedRun } from './run-request.js';

/** A current run of this process, from memory. */
export interface RunningRun {
  readonly runId: string;
  readonly session: SessionDate;
  readonly trigger: string;
  readonly mode: RunMode;
  /** UTC, ISO. */
  readonly startedAt: string;
  /** The current phase: its id, and the consumer's name; null before the first. */
  readonly phase: string | null;
  readonly job: string | null;
  /** Of the whole run, 0 to 1. */
  readonly fraction: number;
  /** Of the current phase, 0 to 1. */
  readonly phaseFraction: number;
  readonly symbolsDone: number;
  readonly symbolsTotal: number;
  readonly task: string;
  readonly current: string;
  /** Milliseconds left of the whole run; null while an estimate is not possible. */
  readonly etaMs: number | null;
}

export function describeRunning(
  started: StartedRun | null,
  progress: RunProgress | null,
  phases: readonly Phase[],
): RunningRun | null {
  if (started === null || progress?.runId !== started.runId) return null;
  const state = progress.phases.findLast((phase) => phase.status !== 'pending');
  const phase = phases.find((each) => each.id === state?.id);
  const position = state && toPosition(state, started.startedAt);
  const symbolsTotal = started.symbols();
  return {
    runId: started.runId,
    session: started.session,
    trigger: started.trigger,
    mode: started.mode,
    startedAt: started.startedAt.toISOString(),
    phase: phase?.id ?? null,
    job: phase ? toJob(phase) : null,
    fraction: progress.fraction,
    phaseFraction: position?.fraction ?? 0,
    symbolsDone: toCompleted(position?.fraction ?? 0, symbolsTotal),
    symbolsTotal,
    task: position?.task ?? '',
    current: position?.current ?? '',
    etaMs: progress.etaMs,
  };
}
