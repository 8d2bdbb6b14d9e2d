import type { CACHE_TASKS, CHANGE_TYPES } from '../../src/events/catalogue/index.js';

/** The consumer's name for a part of cache sync; each universe belongs to one, through its rule. */
export type SyncTask = (typeof CACHE_TASKS)[number];

type ChangeType = (typeof CHANGE_TYPES)[number];

/** The consumer's name for the changes of a task. */
export const CHANGE_TYPE: Readonly<Record<SyncTask, ChangeType>> = {
  market_cap_recalculation: 'market_cap_update',
  ipo_universe_assignment: 'ipo_assignment',
  delisted_cleanup: 'delisting_cleanup',
  theme_rebalancing: 'theme_rebalance',
  etf_universe_maintenance: 'etf_maintenance',
};
