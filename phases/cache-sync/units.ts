import type { InjectionToken } from 'tsyringe';
import type { Gate } from './holds/gate.js';
import { GATES } from './holds/gates/index.js';
import type { CacheLayout } from './projection/layout.js';
import { LAYOUTS } from './projection/layouts/index.js';
import type { UniverseRule } from './universes/rule.js';
import { RULES } from './universes/rules/index.js';

/** What decides and writes a session: the shipped units, then those of the host. */
export interface SyncUnits {
  readonly rules: readonly UniverseRule[];
  readonly gates: readonly Gate[];
  readonly layouts: readonly CacheLayout[];
}

/** For the container. */
export const SYNC_UNITS = Symbol('SyncUnits') as InjectionToken<SyncUnits>;

/** The shipped units, then those given. */
export function toSyncUnits({
  rules = [],
  gates = [],
  layouts = [],
}: {
  readonly [Kind in keyof SyncUnits]?: SyncUnits[Kind] | undefined;
} = {}): SyncUnits {
  return { rules: [...RULES, ...rules], gates: [...GATES, ...gates], layouts: [...LAYOUTS, ...layouts] };
}
