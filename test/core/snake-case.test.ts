import { expect } from 'chai';
import { toCamelCase, toSnakeCase, type SnakeCased } from '../../src/core/snake-case.js';

describe('toSnakeCase', () => {
  it('renames the keys of objects at every depth, in lists too', () => {
    const renamed = toSnakeCase({ runId: 'a', phases: [{ startedAt: null, isLate: true }] } as const);

    expect(renamed).to.deep.equal({ run_id: 'a', phases: [{ started_at: null, is_late: true }] });
  });

  it('keeps the keys of a dictionary, because they are data', () => {
    const renamed = toSnakeCase({ phaseCount: 1, counters: { barsWritten: 3 }, policy: { sortKeys: ['marketCap'] } });

    expect(renamed).to.deep.equal({
      phase_count: 1,
      counters: { barsWritten: 3 },
      policy: { sortKeys: ['marketCap'] },
    });
  });

  it('keeps keys that are not camel case, such as symbols and names that are snake case already', () => {
    expect(toSnakeCase({ 'BRK.B': 1, MsFt: 2, start_time: 3 })).to.deep.equal({ 'BRK.B': 1, MsFt: 2, start_time: 3 });
  });

  it('keeps values: text in camel case, dates, null and absent ones', () => {
    const at = new Date(0);

    expect(toSnakeCase({ aB: 'camelCase', at, none: null, gone: undefined })).to.deep.equal({
      a_b: 'camelCase',
      at,
      none: null,
      gone: undefined,
    });
    expect([toSnakeCase(null), toSnakeCase('runId'), toSnakeCase([1])]).to.deep.equal([null, 'runId', [1]]);
  });

  it('has a way back, which keeps the keys of a dictionary', () => {
    const named = { runId: 'a', phases: [{ startedAt: null }], policy: { sort_keys: ['market_cap'] } };

    expect(toCamelCase<typeof named>(toSnakeCase(named))).to.deep.equal(named);
  });

  it('has the same names in its type', () => {
    const typed: SnakeCased<{
      readonly marketCapUsd: number | null;
      readonly members: readonly { readonly dollarVolume: number }[];
      readonly counters: Readonly<Record<string, number>>;
    }> = { market_cap_usd: 1, members: [{ dollar_volume: 2 }], counters: { anyKey: 1 } };

    expect(Object.keys(typed)).to.deep.equal(['market_cap_usd', 'members', 'counters']);
  });

  it('does not compile for a dictionary that is not listed', () => {
    const unlisted: SnakeCased<{ readonly bySymbol: Readonly<Record<string, number>> }>['by_symbol'][] = [];
    // @ts-expect-error: the field is `never`, since its keys would be renamed as if they were names of fields.
    unlisted.push({ AAPL: 1 });

    expect(unlisted).to.have.length(1);
  });
});
