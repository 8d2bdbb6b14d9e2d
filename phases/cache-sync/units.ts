import type { Extensions } from '../extensions.js';
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

export function toSyncUnits({ rules = [], gates = [], layouts = [] }: Extensions): SyncUnits {
  return { rules: [...RULES, ...rules], gates: [...GATES, ...gates], layouts: [...LAYOUTS, ...layouts] };
}
