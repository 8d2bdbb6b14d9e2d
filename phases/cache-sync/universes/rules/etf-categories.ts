import type { EtfCategoryConfig } from '../../../../src/config/schema/index.js';
import type { Valued } from '../../valuation/market.js';
import type { Universe, UniverseRule } from '../rule.js';
import { toWordPattern } from '../word-pattern.js';

/**
 * ETFs by category: curated symbols, the ETF type of the reference data, or words in the name. An ETF may be in several.
 *
 * Edges: a word of `excludeWords` in the name excludes an ETF unless it is curated, and so do known assets below `minAumMillions` and a
 *        dollar volume below `minDollarVolumeUsd`. Few feeds have the assets: unknown ones exclude no ETF; an ETF without a bar has traded
 *        nothing. A feed without ETFs leaves the lists empty.
 */
export const etfCategories: UniverseRule = {
  id: 'etf-categories',
  version: 1,
  task: 'etf_universe_maintenance',
  matchesUniverse: ({ type, name }) => type === 'etf_universe' && name !== 'complete',
  whenNotSelected: () => ({ reason: 'ETF_CATEGORY_REMOVED', by: 'configuration' }),
  select(market, config) {
    const categories = config.universes.etfCategories.map((category) => {
      const { types, nameWords, excludeWords, symbols, minAumMillions, minDollarVolumeUsd } = category;
      return toUniverse(category.key, category.title, market.etfs.filter(createMatcher(category)), {
        rule: 'etf',
        types,
        nameWords,
        excludeWords,
        symbols,
        minAumMillions,
        minDollarVolumeUsd,
      });
    });
    return [...categories, toUniverse('etf_all', 'All ETFs', market.etfs, { rule: 'etf' })];
  },
};

function toUniverse(key: string, title: string, members: readonly Valued[], policy: Universe['policy']): Universe {
  return {
    type: 'etf_universe',
    name: title,
    key,
    title,
    cacheType: 'etf',
    form: { kind: 'etf-category' },
    policy,
    members,
    reasons: { added: 'ETF_CATEGORY_IN', removed: 'ETF_CATEGORY_OUT' },
    whenEmpty: 'hold',
  };
}

function createMatcher(category: EtfCategoryConfig): (etf: Valued) => boolean {
  const { minAumMillions, minDollarVolumeUsd } = category;
  const symbols = new Set(category.symbols);
  const types = new Set(category.types.map((type) => type.toLowerCase()));
  const included = toWordPattern(category.nameWords);
  const excluded = toWordPattern(category.excludeWords);
  return (etf) => {
    if (symbols.has(etf.symbol)) return true;
    if ((etf.aumMillions ?? Infinity) < minAumMillions || (etf.dollarVolumeUsd ?? 0) < minDollarVolumeUsd) return false;
    const name = etf.name ?? '';
    if (excluded?.test(name)) return false;
    return types.has((etf.etfType ?? '').toLowerCase()) || (included?.test(name) ?? false);
  };
}
