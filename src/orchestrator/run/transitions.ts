import { statusesBefore, type Transitions } from '../../core/transitions.js';

/** Statuses of a run, in `pipeline.run`. */
export type RunStatus = 'running' | 'completed' | 'completed_with_holds' | 'failed' | 'cancelled' | 'interrupted';

/** Statuses of a phase of a run, in `pipeline.phase_run`. */
export type PhaseStatus = 'pending' | RunStatus;

/**
 * What happens to a phase.
 *
 * `start`, `complete`, `completeHeld`, `fail`, `cancel`: by the owner of the run. `takeOver`: another process resumes the run. `abandon`: the
 * owner died, and the run is ended instead. `end`: the run ends while the phase has not begun.
 */
export type PhaseEvent = 'start' | 'complete' | 'completeHeld' | 'fail' | 'cancel' | 'takeOver' | 'abandon' | 'end';

/** What happens to a run; `complete` where every phase has completed before, `finish…` by its owner. */
export type RunEvent =
  'finish' | 'finishHeld' | 'finishFailed' | 'finishCancelled' | 'takeOver' | 'abandon' | 'requestCancel';

const SETTLED_PHASE = {
  start: null,
  complete: null,
  completeHeld: null,
  fail: null,
  cancel: null,
  takeOver: null,
  abandon: null,
  end: null,
} as const;

/** The life of a phase. */
export const PHASE_TRANSITIONS: Transitions<PhaseStatus, PhaseEvent> = {
  pending: {
    start: 'running',
    complete: 'completed',
    completeHeld: 'completed_with_holds',
    fail: 'failed',
    cancel: 'cancelled',
    takeOver: 'pending',
    abandon: 'interrupted',
    end: 'cancelled',
  },
  running: {
    start: null,
    complete: 'completed',
    completeHeld: 'completed_with_holds',
    fail: 'failed',
    cancel: 'cancelled',
    // It starts again: its transaction was rolled back with its owner.
    takeOver: 'pending',
    abandon: 'interrupted',
    end: null,
  },
  completed: SETTLED_PHASE,
  completed_with_holds: SETTLED_PHASE,
  failed: SETTLED_PHASE,
  cancelled: SETTLED_PHASE,
  interrupted: SETTLED_PHASE,
};

const ENDED_RUN = {
  finish: null,
  finishHeld: null,
  finishFailed: null,
  finishCancelled: null,
  takeOver: null,
  abandon: null,
  requestCancel: null,
} as const;

/** The life of a run. */
export const RUN_TRANSITIONS: Transitions<RunStatus, RunEvent> = {
  running: {
    finish: 'completed',
    finishHeld: 'completed_with_holds',
    finishFailed: 'failed',
    finishCancelled: 'cancelled',
    takeOver: 'running',
    abandon: 'interrupted',
    requestCancel: 'running',
  },
  completed: ENDED_RUN,
  completed_with_holds: ENDED_RUN,
  failed: ENDED_RUN,
  cancelled: ENDED_RUN,
  interrupted: ENDED_RUN,
};

/** The statuses in which an event of a phase has an effect. */
export function phaseStatusesBefore(event: PhaseEvent): PhaseStatus[] {
  return statusesBefore(PHASE_TRANSITIONS, event);
}
