import { expect } from 'chai';
import fc from 'fast-check';
import type { UniverseRule } from '../../phases/cache-sync/universes/rule.js';
import { RULES } from '../../phases/cache-sync/universes/rules/index.js';
import { selectUniverses, toUniverseName } from '../../phases/cache-sync/universes/select-universes.js';
import { RULE_CONTRACT } from '../../src/testing/rule-contract.js';
import { configOf, listings, marketOf, MONDAY, toSecurity } from '../support/market.js';

const SYMBOLS = [...Array.from('ABCDEFGHIJKLMNOP'), 'SPY', 'QQQ', 'NVDA', 'TSM'];
const markets = listings(SYMBOLS);
const config = configOf({
  universes: {
    sectorLeaders: { size: 2 },
    industryGroups: { groups: 2, minStocks: 2, size: 3 },
    complete: { stocks: 3, etfs: 2 },
    combination: { stocks: 3, etfs: ['SPY', 'QQQ'] },
  },
});

describe('the rules', () => {
  it('never give two universes the same identity', async () => {
    await fc.assert(
      fc.asyncProperty(markets, async (market) => {
        const names = (await selectUniverses(RULES, await marketOf(market), config)).map(toUniverseName);
        expect(new Set(names).size).to.equal(names.length);
      }),
      { numRuns: 50 },
    );
  });

  for (const rule of RULES) describe(rule.id, () => describeRule(rule));
});

function describeRule(rule: UniverseRule): void {
  for (const [name, hold] of Object.entries(RULE_CONTRACT)) {
    it(name, async () => {
      await fc.assert(
        fc.asyncProperty(markets, async (market) => {
          const securities = market.map((listing) => toSecurity(listing, MONDAY));
          await hold(rule, securities, config);
        }),
        { numRuns: 50 },
      );
    });
  }
}
