import { setUpForCommand } from '../../src/cli/engine.js';

export type { SyncOutcome } from './run-phase.js';

// As in the command: what is imported statically is loaded before the engine is set up.
setUpForCommand();
await import('./run-phase.js');
