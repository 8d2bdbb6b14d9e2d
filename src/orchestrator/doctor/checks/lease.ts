import type { Check } from '../check.js';

export const lease: Check = {
  id: 'lease',
  title: 'no run is left by a process that died',
  async find({ parts }) {
    if ((await parts.orchestrator.store.untilTakeover()) !== 0) return undefined;
    return {
      problem: 'the process of the run under way has died, and no other one has taken it over',
      fix: 'start a service (tickstock serve), or run the session again',
    };
  },
};
