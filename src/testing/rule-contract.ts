import assert from 'node:assert/strict';
import type { Config } from '../config/schema/index.js';
import type { Security } from '../../phases/cache-sync/valuation/market.js';
import type { Universe, UniverseRule } from '../../phases/cache-sync/universes/rule.js';
import { RULES } from '../../phases/cache-sync/universes/rules/index.js';
import { toUniverseName } from '../../phases/cache-sync/universes/select-universes.js';
import type { Check } from './check.js';
import { randomMarkets, valueMarket } from './random-markets.js';

const KEY = /^[a-z0-9]+(_[a-z0-9]+)*$/;

/** What every rule keeps, for any list of securities. */
export const RULE_CONTRACT: Readonly<
  Record<string, (rule: UniverseRule, securities: readonly Security[], config: Config) => Promise<void>>
> = {
  'owns what it selects, and nothing that another rule selects': async (rule, securities, config) => {
    const market = await valueMarket(securities);
    const own = rule.select(market, config);
    const names = new Set(own.map(toUniverseName));
    assert.equal(names.size, own.length, 'two universes have the same type, name and key');
    for (const universe of own) assert.ok(rule.matchesUniverse(universe), `${toUniverseName(universe)} is not matched`);
    for (const universe of RULES.filter(({ id }) => id !== rule.id).flatMap((other) => other.select(market, config))) {
      const name = toUniverseName(universe);
      assert.ok(!rule.matchesUniverse(universe) && !names.has(name), `${name} is of another rule`);
    }
  },
  'selects the same whatever the order of the rows': async (rule, securities, config) => {
    const inOrder = rule.select(await valueMarket(securities), config);
    const reversed = rule.select(await valueMarket(securities.toReversed()), config);
    assert.deepEqual(reversed.map(outline), inOrder.map(outline));
  },
  'selects members once each, all of them in the market': async (rule, securities, config) => {
    const market = await valueMarket(securities);
    for (const universe of rule.select(market, config)) {
      const symbols = universe.members.map(({ symbol }) => symbol);
      assert.equal(new Set(symbols).size, symbols.length, `${universe.key} has a member twice`);
      for (const member of universe.members)
        assert.equal(
          market.securities.get(member.symbol),
          member,
          `${member.symbol} of ${universe.key} is not of the market`,
        );
    }
  },
  'has lower-case keys, titles and a policy that JSON can hold': async (rule, securities, config) => {
    for (const { key, title, policy } of rule.select(await valueMarket(securities), config)) {
      assert.match(key, KEY);
      assert.notEqual(title, '');
      assert.deepEqual(JSON.parse(JSON.stringify(policy)), policy);
    }
  },
  'ends a universe for a reason, or holds it': async (rule, securities, config) => {
    for (const universe of rule.select(await valueMarket(securities), config)) {
      const ending = rule.whenNotSelected(universe, config);
      if (ending !== 'hold') assert.match(ending.reason, /^[A-Z][A-Z_]+$/);
    }
  },
};

/**
 * The contract of rules, on random markets.
 * @param config of `loadConfig`
 */
export function ruleChecks(rule: UniverseRule, config: Config): readonly Check[] {
  return Object.entries(RULE_CONTRACT).map(([name, hold]) => ({
    name: `the rule "${rule.id}" ${name}`,
    run: async () => {
      for (const securities of randomMarkets()) await hold(rule, securities, config);
    },
  }));
}

/** What decides the published rows: order included, figures of the market left out. */
function outline(universe: Universe): unknown {
  return { ...universe, members: universe.members.map(({ symbol }) => symbol) };
}
