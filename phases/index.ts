import type { InjectionToken } from 'tsyringe';
import type { Phase } from '../src/core/phase.js';
import { CacheSyncPhase } from './cache-sync/phase.js';
import { ImportPhase } from './import/phase.js';
import { IndicatorsPhase } from './indicators/phase.js';

/** The phases of a run, in order. The container creates an instance per pipeline. */
export const PHASES: readonly InjectionToken<Phase>[] = [ImportPhase, CacheSyncPhase, IndicatorsPhase];

export { checkSource } from './import/check-source.js';
export type { SourceCheck } from './import/source-check.js';
