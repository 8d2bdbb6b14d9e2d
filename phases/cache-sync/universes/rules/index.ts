import type { UniverseRule } from '../rule.js';
import { bands } from './bands.js';
import { combination } from './combination.js';
import { completeLists } from './complete-lists.js';
import { etfCategories } from './etf-categories.js';
import { industryGroups } from './industry-groups.js';
import { marketLeaders } from './market-leaders.js';
import { measureRankings } from './measure-rankings.js';
import { recentIpos } from './recent-ipos.js';
import { sectorLeaders } from './sector-leaders.js';
import { statistics } from './statistics.js';
import { themes } from './themes.js';

/** Every rule, one line each, in the order of the published universes; the file is named after the id. */
export const RULES: readonly UniverseRule[] = [
  bands,
  marketLeaders,
  measureRankings,
  sectorLeaders,
  industryGroups,
  themes,
  recentIpos,
  etfCategories,
  completeLists,
  combination,
  statistics,
];
