import './run-phase.js';

export type { SyncOutcome } from './run-phase.js';
