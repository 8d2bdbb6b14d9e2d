import type { UniverseRule } from '../../../../phases/cache-sync/universes/rule.js';
import { bands } from '../../../../phases/cache-sync/universes/rules/bands.js';
import { combination } from '../../../../phases/cache-sync/universes/rules/combination.js';
import { completeLists } from '../../../../phases/cache-sync/universes/rules/complete-lists.js';
import { etfCategories } from '../../../../phases/cache-sync/universes/rules/etf-categories.js';
import { industryGroups } from '../../../../phases/cache-sync/universes/rules/industry-groups.js';
import { marketLeaders } from '../../../../phases/cache-sync/universes/rules/market-leaders.js';
import { recentIpos } from '../../../../phases/cache-sync/universes/rules/recent-ipos.js';
import { sectorLeaders } from '../../../../phases/cache-sync/universes/rules/sector-leaders.js';
import { themes } from '../../../../phases/cache-sync/universes/rules/themes.js';
import type { DeepPartial } from '../../../../src/config/load.js';
import type { ConfigInput } from '../../../../src/config/schema/index.js';
import type { SessionDate } from '../../../../src/core/session.js';
import type { Listing } from '../../../support/market.js';
import type { PastMembers } from '../../../support/past.js';

export const SESSION = '2026-03-31' as SessionDate;

/** `IN` is just inside the limit of one universe, `OUT` just outside; `more` are others that it takes to get there. */
export interface RuleEdge {
  readonly rule: UniverseRule;
  readonly what: string;
  readonly universe: string;
  readonly inside: Omit<Listing, 'symbol'>;
  readonly outside: Omit<Listing, 'symbol'>;
  readonly more?: readonly Listing[];
  readonly config?: DeepPartial<ConfigInput>;
  readonly members?: PastMembers;
}

export const others = (count: number, parts: Omit<Listing, 'symbol'>): Listing[] =>
  Array.from({ length: count }, (_, index) => ({ symbol: `X${String(index).padStart(3, '0')}`, ...parts }));

const banded = (parts: object) => ({ universes: { banding: [{ universe: 'large_cap', ...parts }] } });
const theme = (parts: object): DeepPartial<ConfigInput> => ({
  themes: [{ key: 'theme', title: 'Theme', rules: { all: [{ minCapUsd: 100 }] }, minStaySessions: 5, ...parts }],
});
const funds = {
  universes: {
    etfCategories: [{ key: 'etf_x', title: 'X', types: ['x'], minAumMillions: 50, minDollarVolumeUsd: 1000 }],
  },
};
const fund = (parts: Omit<Listing, 'symbol'>) => ({ type: 'ETF', etfType: 'x', close: 10, volume: 100, ...parts });

export const EDGES: readonly RuleEdge[] = [
  {
    rule: bands,
    what: 'the lower end of a band',
    universe: 'large_cap',
    inside: { cap: 10e9 },
    outside: { cap: 10e9 - 1 },
  },
  {
    rule: bands,
    what: 'the upper end of a band',
    universe: 'large_cap',
    inside: { cap: 200e9 - 1 },
    outside: { cap: 200e9 },
  },
  {
    rule: bands,
    what: 'five percent below a band with a buffer',
    universe: 'large_cap',
    inside: { cap: 9.5e9 },
    outside: { cap: 9.5e9 - 1 },
    config: banded({ capPct: 5 }),
    members: { large_cap: { IN: 99, OUT: 99 } },
  },
  {
    rule: bands,
    what: 'five percent above a band with a buffer',
    universe: 'large_cap',
    inside: { cap: 210e9 },
    outside: { cap: 210e9 + 1 },
    config: banded({ capPct: 5 }),
    members: { large_cap: { IN: 99, OUT: 99 } },
  },
  {
    rule: bands,
    what: 'a stay of five sessions',
    universe: 'large_cap',
    inside: { cap: 1e9 },
    outside: { cap: 1e9 },
    config: banded({ minStaySessions: 5 }),
    members: { large_cap: { IN: 4, OUT: 5 } },
  },
  {
    rule: marketLeaders,
    what: 'place 50 of 50',
    universe: 'top_50',
    inside: { cap: 9 },
    outside: { cap: 8 },
    more: others(49, { cap: 10 }),
  },
  {
    rule: completeLists,
    what: 'the last place of the list in full',
    universe: 'top_3',
    inside: { cap: 9 },
    outside: { cap: 8 },
    more: others(2, { cap: 10 }),
    config: { universes: { complete: { stocks: 3 } } },
  },
  {
    rule: sectorLeaders,
    what: 'the last place of a sector',
    universe: 'top_3_energy',
    inside: { cap: 9, sector: 'Energy' },
    outside: { cap: 8, sector: 'Energy' },
    more: others(2, { cap: 10, sector: 'Energy' }),
    config: { universes: { sectorLeaders: { size: 3 } } },
  },
  {
    rule: industryGroups,
    what: 'the last place of an industry',
    universe: 'banks',
    inside: { cap: 9, industry: 'Banks' },
    outside: { cap: 8, industry: 'Banks' },
    more: others(2, { cap: 10, industry: 'Banks' }),
    config: { universes: { industryGroups: { size: 3 } } },
  },
  {
    rule: combination,
    what: 'the last place of the combination',
    universe: 'combo_test',
    inside: { cap: 9 },
    outside: { cap: 8 },
    more: others(2, { cap: 10 }),
    config: { universes: { combination: { stocks: 3, etfs: ['SPY'] } } },
  },
  {
    rule: recentIpos,
    what: 'listed 30 days ago',
    universe: 'recent_ipos',
    inside: { cap: 1, listDate: '2026-03-01' },
    outside: { cap: 1, listDate: '2026-02-28' },
  },
  {
    rule: recentIpos,
    what: 'more than a billion',
    universe: 'general_market',
    inside: { cap: 1e9 + 1, listDate: SESSION },
    outside: { cap: 1e9, listDate: SESSION },
  },
  {
    rule: etfCategories,
    what: 'fifty million of assets',
    universe: 'etf_x',
    inside: fund({ aumMillions: 50 }),
    outside: fund({ aumMillions: 49.99 }),
    config: funds,
  },
  {
    rule: etfCategories,
    what: 'a dollar volume of a thousand',
    universe: 'etf_x',
    inside: fund({ volume: 100 }),
    outside: fund({ volume: 99 }),
    config: funds,
  },
  {
    rule: themes,
    what: 'the least market cap of a condition',
    universe: 'theme',
    inside: { cap: 100 },
    outside: { cap: 99 },
    config: theme({}),
  },
  {
    rule: themes,
    what: 'the last place of a full theme',
    universe: 'theme',
    inside: { cap: 109 },
    outside: { cap: 108 },
    more: others(2, { cap: 110 }),
    config: theme({ maxSize: 3 }),
  },
  {
    rule: themes,
    what: 'a stay of five sessions in a theme',
    universe: 'theme',
    inside: { cap: 1 },
    outside: { cap: 1 },
    config: theme({}),
    members: { theme: { IN: 4, OUT: 5 } },
  },
];
