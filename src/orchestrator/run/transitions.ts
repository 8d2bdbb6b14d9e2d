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

/** A status that an event leads to; null where the event is refused or has no effect. */
type Transitions<Status extends string, Event extends string> = Readonly<
  Record<Status, Readonly<Record<Event, Status | null>>>
>;

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

/** The life of a phase. A new status or event does not compile until every case is decided. */
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
  return (Object.keys(PHASE_TRANSITIONS) as PhaseStatus[]).filter(
    (status) => PHASE_TRANSITIONS[status][event] !== null,
  );
}
