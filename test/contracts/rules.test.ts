import { expect } from 'chai';
import fc from 'fast-check';
import type { Universe, UniverseRule } from '../../phases/cache-sync/universes/rule.js';
import { RULES } from '../../phases/cache-sync/universes/rules/index.js';
import { selectUniverses, toUniverseName } from '../../phases/cache-sync/universes/select-universes.js';
import { configOf, listings, marketOf, symbolsOf } from '../support/market.js';

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

/** What decides the published rows: order included, figures of the market left out. */
function outline(universes: readonly Universe[]): unknown[] {
  return universes.map((universe) => ({ ...universe, members: symbolsOf(universe) }));
}

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
  it('owns what it gives, and nothing that another rule gives', async () => {
    await fc.assert(
      fc.asyncProperty(markets, async (market) => {
        for (const universe of await selectUniverses(RULES, await marketOf(market), config)) {
          const isOwn = rule
            .select(await marketOf(market), config)
            .some((own) => toUniverseName(own) === toUniverseName(universe));
          expect(rule.matchesUniverse(universe)).to.equal(isOwn);
        }
      }),
      { numRuns: 10 },
    );
  });

  it('gives the same whatever the order of the rows', async () => {
    const shuffled = markets.chain((market) =>
      fc.tuple(fc.constant(market), fc.shuffledSubarray(market, { minLength: market.length })),
    );

    await fc.assert(
      fc.asyncProperty(shuffled, async ([market, reordered]) => {
        const first = outline(rule.select(await marketOf(market), config));
        const second = outline(rule.select(await marketOf(reordered), config));
        expect(second).to.deep.equal(first);
      }),
      { numRuns: 50 },
    );
  });

  it('gives members once each, all of them in the market', async () => {
    await fc.assert(
      fc.asyncProperty(markets, async (market) => {
        const valued = await marketOf(market);
        for (const universe of rule.select(valued, config)) {
          const symbols = symbolsOf(universe);
          expect(new Set(symbols).size).to.equal(symbols.length);
          for (const member of universe.members) expect(valued.securities.get(member.symbol)).to.equal(member);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('has lower-case keys, titles and a policy that JSON can hold', async () => {
    await fc.assert(
      fc.asyncProperty(markets, async (market) => {
        for (const universe of rule.select(await marketOf(market), config)) {
          expect(universe.key).to.match(/^[a-z0-9]+(_[a-z0-9]+)*$/);
          expect(universe.title).to.not.equal('');
          expect(JSON.parse(JSON.stringify(universe.policy))).to.deep.equal(universe.policy);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('takes a market with nothing in it', async () => {
    const universes = rule.select(await marketOf([]), config);

    expect(universes.flatMap(symbolsOf)).to.deep.equal([]);
  });
}
