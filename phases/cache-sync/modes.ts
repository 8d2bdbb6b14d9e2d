import type { RunMode } from '../../src/core/phase.js';
import { CACHE_TASKS, type CHANGE_TYPES } from '../../src/events/catalogue/index.js';
import type { UniverseIdentity, UniverseRule } from './universes/rule.js';

/** The consumer's name for a part of cache sync; each universe belongs to one, through its rule. */
export type SyncTask = (typeof CACHE_TASKS)[number];

type ChangeType = (typeof CHANGE_TYPES)[number];

/**
 * What each mode does. Members of any universe that are not active any more leave by `delisted_cleanup` in a mode that has it: they are
 * counted as that, and the consumer is told of them. In other modes they leave by the task of their universe, and are counted as that alone.
 */
export const MODE_TASKS: Readonly<Record<RunMode, readonly SyncTask[]>> = {
  full: CACHE_TASKS,
  market_cap: ['market_cap_recalculation', 'delisted_cleanup'],
  themes: ['theme_rebalancing'],
  ipos: ['ipo_universe_assignment'],
};

/** What the consumer calls the changes that a task makes. */
export const CHANGE_TYPE: Readonly<Record<SyncTask, ChangeType>> = {
  market_cap_recalculation: 'market_cap_update',
  ipo_universe_assignment: 'ipo_assignment',
  delisted_cleanup: 'delisting_cleanup',
  theme_rebalancing: 'theme_rebalance',
  etf_universe_maintenance: 'etf_maintenance',
};

/** What one sync may change; all else keeps its members, its rows and its holds. */
export interface SyncScope {
  readonly mode: RunMode;
  readonly tasks: readonly SyncTask[];
  readonly rules: readonly UniverseRule[];
  /** Whether a universe may change. In a full sync that is every one, also of a rule that is gone. */
  has(universe: UniverseIdentity): boolean;
}

export function scopeOf(mode: RunMode, rules: readonly UniverseRule[]): SyncScope {
  const tasks = MODE_TASKS[mode];
  const included = rules.filter((rule) => tasks.includes(rule.task));
  return {
    mode,
    tasks,
    rules: included,
    has: (universe) => mode === 'full' || included.some((rule) => rule.owns(universe)),
  };
}

/** The task of a universe; one that no rule gives any more counts with those that follow the market. */
export function taskOf(universe: UniverseIdentity, { rules }: SyncScope): SyncTask {
  return rules.find((rule) => rule.owns(universe))?.task ?? 'market_cap_recalculation';
}
