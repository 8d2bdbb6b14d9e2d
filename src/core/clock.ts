/** Where the time comes from. Injected, so that a test or a host decides what "now" is. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
