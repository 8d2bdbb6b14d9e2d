import type { InjectionToken } from 'tsyringe';
import type { Phase } from '../src/core/phase.js';
import { CacheSyncPhase } from './cache-sync/phase.js';
import { ImportPhase } from './import/phase.js';
import { IndicatorsPhase } from './indicators/phase.js';

/** What runs, in order. A phase's class is built by the container, a new one a pipeline. */
export const PHASES: readonly InjectionToken<Phase>[] = [ImportPhase, CacheSyncPhase, IndicatorsPhase];
