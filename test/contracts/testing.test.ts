import { AssertionError } from 'node:assert';
import { expect } from 'chai';
import { GATES } from '../../phases/cache-sync/holds/gates/index.js';
import { RULES } from '../../phases/cache-sync/universes/rules/index.js';
import { FORMULAS } from '../../phases/indicators/formulas/index.js';
import type { Gate } from '../../phases/cache-sync/holds/gate.js';
import type { UniverseRule } from '../../phases/cache-sync/universes/rule.js';
import type { MarketSource } from '../../phases/import/source.js';
import { formulaChecks, gateChecks, ruleChecks, sourceChecks, type Check } from '../../src/testing/index.js';
import { parseSessionDate } from '../../src/core/session.js';
import { configOf } from '../support/market.js';

const TUESDAY = parseSessionDate('2026-06-30');
const SATURDAY = parseSessionDate('2026-06-27');
const config = configOf();

/** Names of the checks that do not hold, without the unit. */
async function listBroken(checks: readonly Check[]): Promise<string[]> {
  const broken: string[] = [];
  for (const { name, run } of checks) {
    await run().catch((error: unknown) => {
      if (!(error instanceof AssertionError)) throw error;
      broken.push(name.replace(/^the \w+ "[^"]*" /, ''));
    });
  }
  return broken;
}

describe('the contracts that a host checks its units by', () => {
  it('hold for every shipped rule, gate and indicator', async () => {
    const rules = RULES.flatMap((rule) => ruleChecks(rule, config));
    const checks = [...rules, ...GATES.flatMap((gate) => gateChecks(gate, config)), ...FORMULAS.flatMap(formulaChecks)];

    expect(await listBroken(checks)).to.deep.equal([]);
  });

  it('find what is wrong with a rule', async () => {
    const bands = RULES[0] as UniverseRule;
    const check = (parts: Partial<UniverseRule>) => listBroken(ruleChecks({ ...bands, id: 'mine', ...parts }, config));
    const members = (reorder: (symbols: readonly string[]) => string[]): Partial<UniverseRule> => ({
      matchesUniverse: ({ name }) => name === 'mine',
      select: (market) => [
        {
          type: 'mine',
          name: 'mine',
          key: 'mine',
          title: 'Mine',
          cacheType: 'complete',
          form: { kind: 'ticker-list' },
          policy: {},
          members: reorder([...market.securities.keys()]).flatMap((symbol) => market.securities.get(symbol) ?? []),
          reasons: { added: 'IN', removed: 'OUT' },
          whenEmpty: 'allow',
        },
      ],
    });

    expect(await check(members((symbols) => symbols.toSorted()))).to.deep.equal([]);
    expect(await check({})).to.deep.equal(['owns what it selects, and nothing that another rule selects']);
    expect(await check(members((symbols) => [...symbols]))).to.deep.equal([
      'selects the same whatever the order of the rows',
    ]);
    expect(await check(members((symbols) => symbols.toSorted().flatMap((symbol) => [symbol, symbol])))).to.deep.equal([
      'selects members once each, all of them in the market',
    ]);
  });

  it('find what is wrong with a gate', async () => {
    const gate: Gate = {
      id: 'mine',
      version: 1,
      check: ({ market }) => [
        {
          gate: 'another',
          status: 'pass',
          universe: null,
          measured: market.stocks.length / market.securities.size,
          threshold: null,
          message: 'so many',
        },
      ],
    };

    expect(await listBroken(gateChecks(gate, config))).to.deep.equal([
      'reports under its own name, in one sentence',
      'measures numbers or nothing',
    ]);
  });

  it('find what is wrong with an indicator', async () => {
    const formula = { type: 'mine', minimumBars: 2, lookback: 2 };

    expect(await listBroken(formulaChecks({ ...formula, compute: (closes) => Number(closes.at(-2)) }))).to.deep.equal(
      [],
    );
    expect(await listBroken(formulaChecks({ ...formula, compute: (closes) => closes.length }))).to.deep.equal([
      'depends on no more closes than it says',
    ]);
    expect(await listBroken(formulaChecks({ ...formula, compute: (closes) => Number(closes.at(-3)) }))).to.include(
      'has a value from its first number of bars on',
    );
    expect(await listBroken(formulaChecks({ ...formula, compute: (closes) => Number(closes.fill(1)[1]) }))).to.include(
      'gives the same again, and leaves its input as it is',
    );
  });

  it('find what is wrong with a source', async () => {
    const source = (close: number): MarketSource => ({
      id: 'mine',
      title: 'My file',
      open: ({ session }) =>
        Promise.resolve({
          kind: 'rows',
          rows: [
            {
              listing: {
                origin: 'file',
                rowNumber: 1,
                symbol: {
                  symbol: 'A',
                  name: null,
                  exchange: null,
                  type: 'CS',
                  active: true,
                  marketCapUsd: null,
                  sharesOutstanding: null,
                  sector: null,
                  industry: null,
                  country: null,
                  listDate: null,
                  delistedDate: null,
                  etf: null,
                },
                bar: { symbol: 'A', date: session, open: null, high: null, low: null, close, volume: 1 },
              },
            },
          ],
        }),
    });

    expect(await listBroken(sourceChecks(source(-1), { session: TUESDAY }, SATURDAY))).to.deep.equal([
      'gives valid listings of the session, each symbol once',
      'refuses a day without a session, with a hint',
    ]);
  });
});
