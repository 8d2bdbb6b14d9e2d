import type { InjectionToken } from 'tsyringe';
import type { Phase } from '../src/core/phase.js';
import { CacheSyncPhase } from './cache-sync/phase.js';
import { ImportPhase } from './import/phase.js';
import { IndicatorsPhase } from './indicators/phase.js';

/** The phases of a run, in order. The container creates an instance per pipeline. */
export const PHASES: readonly InjectionToken<Phase>[] = [ImportPhase, CacheSyncPhase, IndicatorsPhase];

export { checkSource } from './import/check-source.js';
export type { SourceCheck } from './import/source-check.js';
export type { Gate, GateFacts, GateResult } from './cache-sync/holds/gate.js';
export type { CacheLayout } from './cache-sync/projection/layout.js';
export type { Universe, UniverseRule } from './cache-sync/universes/rule.js';
export type { Market, Stock, Valued } from './cache-sync/valuation/market.js';
export type {
  BarRecord,
  Identifiers,
  Listing,
  MarketSource,
  RejectedRow,
  SourceFeed,
  SourceParts,
  SourceQuote,
  SourceRequest,
  SourceRow,
  SymbolRecord,
} from './import/source.js';
export type { Formula } from './indicators/formula.js';
