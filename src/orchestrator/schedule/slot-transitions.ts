import type { Transitions } from '../../core/transitions.js';

/** Statuses of a scheduled session, in `pipeline.slot`. */
export type SlotStatus = 'due' | 'claimed' | 'completed' | 'skipped' | 'missed';

/**
 * What happens to a slot.
 *
 * `claim`: a service is going to start its run. `start`: that run is recorded. `release`: its run could not start, or ended for a reason that may
 * pass. `complete`: its run has completed. `skip`: the session was completed without it. `miss`: it is given up.
 */
export type SlotEvent = 'claim' | 'start' | 'release' | 'complete' | 'skip' | 'miss';

/** The life of a slot. */
export const SLOT_TRANSITIONS: Transitions<SlotStatus, SlotEvent> = {
  due: { claim: 'claimed', start: 'claimed', release: null, complete: null, skip: 'skipped', miss: 'missed' },
  // Claimed again where the service that claimed it died before its run was recorded.
  claimed: {
    claim: 'claimed',
    start: 'claimed',
    release: 'due',
    complete: 'completed',
    skip: 'skipped',
    miss: 'missed',
  },
  completed: { claim: null, start: null, release: null, complete: null, skip: null, miss: null },
  // A run that was recorded late was there after all.
  skipped: { claim: null, start: 'claimed', release: null, complete: null, skip: null, miss: null },
  missed: { claim: null, start: 'claimed', release: null, complete: null, skip: null, miss: null },
};
