import type { ThemeConfig } from '../../../../src/config/schema/index.js';
import type { SessionDate } from '../../../../src/core/session.js';
import type { Market, Valued } from '../../valuation/market.js';
import { compileThemeRules } from '../match-theme.js';
import type { Universe, UniverseRule } from '../rule.js';
import { isShare, pickThemeMembers } from '../theme-members.js';

/** The themes of config/themes.yaml, by curated lists and rules. Symbols that are not active stocks or depositary receipts are left out. */
export const themes: UniverseRule = {
  id: 'themes',
  version: 3,
  task: 'theme_rebalancing',
  matchesUniverse: ({ type, name }) => type === 'stock_universe' && name === 'themes',
  whenNotSelected: () => ({ reason: 'THEME_REMOVED', by: 'configuration' }),
  select(market, config) {
    const found = findByRules(market, config.themes);
    return config.themes.map((theme) => toUniverse(theme, found.get(theme) ?? [], market));
  },
};

/** One pass over the market for all themes with rules, and none without such themes. */
function findByRules(market: Market, all: readonly ThemeConfig[]): Map<ThemeConfig, Valued[]> {
  const { matchers: compiled, mayHoldWord } = compileThemeRules(all);
  const matchers = compiled.map((matcher) => ({ ...matcher, found: [] as Valued[] }));
  const leastCapUsd = matchers[0]?.minCapUsd ?? Infinity;
  for (const security of matchers.length === 0 ? [] : market.securities.values()) {
    const capUsd = security.marketCapUsd ?? 0;
    if (capUsd < leastCapUsd || !isShare(security)) continue;
    const holdsWord = mayHoldWord(security);
    for (const matcher of matchers) {
      if (capUsd < matcher.minCapUsd) break;
      if ((holdsWord || !matcher.needsWord) && matcher.meets(security)) matcher.found.push(security);
    }
  }
  return new Map(matchers.map(({ theme, found }) => [theme, found]));
}

function toUniverse(theme: ThemeConfig, byRule: readonly Valued[], market: Market): Universe {
  const identity = { type: 'stock_universe', name: 'themes', key: theme.key };
  const before = theme.rules ? market.past.membersOf(identity) : NO_MEMBERS;
  const members = pickThemeMembers(theme, byRule, before, market);
  const own = members.flatMap(({ security, reason }): [string, string][] =>
    reason === null || reason === LISTED ? [] : [[security.symbol, reason]],
  );
  return {
    ...identity,
    title: theme.title,
    cacheType: 'theme',
    form: { kind: 'theme' },
    policy: toPolicy(theme),
    members: members.map(({ security }) => security),
    reasons: { added: LISTED, removed: 'THEME_UNLISTED' },
    memberReasons: new Map(own),
    whenEmpty: 'hold',
  };
}

const LISTED = 'THEME_LISTED';

const NO_MEMBERS: ReadonlyMap<string, SessionDate> = new Map();

/** Lists are sorted: their order in the file has no meaning and must not change the policy. */
function toPolicy({ symbols, rules, maxSize, pins, exclusions, minStaySessions }: ThemeConfig): Universe['policy'] {
  return {
    rule: 'theme',
    symbols: symbols.toSorted(),
    ...(rules && { rules }),
    ...(maxSize !== undefined && { maxSize }),
    pins: pins.toSorted(),
    exclusions: exclusions.toSorted(),
    minStaySessions,
  };
}
