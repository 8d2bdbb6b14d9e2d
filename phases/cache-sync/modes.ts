import type { RunMode } from '../../src/core/run-mode.js';
import { CACHE_TASKS } from '../../src/events/catalogue/index.js';
import type { SyncTask } from './task.js';
import type { UniverseIdentity, UniverseRule } from './universes/rule.js';

/**
 * The tasks of each mode. In a mode with `delisted_cleanup`, members that are no longer active leave by that task in every universe: they
 * are counted as delisted, and the consumer gets an event for them. In other modes they leave by the task of their universe and are counted
 * as its removals only.
 */
export const MODE_TASKS: Readonly<Record<RunMode, readonly SyncTask[]>> = {
  full: CACHE_TASKS,
  market_cap: ['market_cap_recalculation', 'delisted_cleanup'],
  themes: ['theme_rebalancing'],
  ipos: ['ipo_universe_assignment'],
};

/** What a sync may change; all other universes keep their members, rows and holds. */
export interface ModeScope {
  readonly mode: RunMode;
  readonly tasks: readonly SyncTask[];
  readonly rules: readonly UniverseRule[];
  /** Whether a universe may change. In a full sync all may, including those of a removed rule. */
  has(universe: UniverseIdentity): boolean;
}

export function toModeScope(mode: RunMode, rules: readonly UniverseRule[]): ModeScope {
  const tasks = MODE_TASKS[mode];
  const included = rules.filter((rule) => tasks.includes(rule.task));
  return {
    mode,
    tasks,
    rules: included,
    has: (universe) => mode === 'full' || included.some((rule) => rule.matchesUniverse(universe)),
  };
}

/** The task of a universe; universes without a rule count with those that follow the market. */
export function updateKindOf(universe: UniverseIdentity, { rules }: ModeScope): SyncTask {
  return rules.find((rule) => rule.matchesUniverse(universe))?.task ?? 'market_cap_recalculation';
}

/** Ids of the universes that a partial sync may change; null for all. */
export function scopeIds(
  scope: ModeScope,
  open: readonly (UniverseIdentity & { readonly id: number })[],
): number[] | null {
  if (scope.mode === 'full') return null;
  return open.filter((universe) => scope.has(universe)).map((universe) => universe.id);
}
