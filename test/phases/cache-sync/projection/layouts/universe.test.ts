import { expect } from 'chai';
import type { ProjectionRow } from '../../../../../phases/cache-sync/projection/layout.js';
import { symbols } from '../../../../../phases/cache-sync/projection/layouts/symbols.js';
import { universe } from '../../../../../phases/cache-sync/projection/layouts/universe.js';
import type { CacheType, Universe } from '../../../../../phases/cache-sync/universes/rule.js';
import { universeOf } from '../../../../support/cache-tables.js';
import { marketOf } from '../../../../support/market.js';

const AT = new Date('2026-06-22T21:05:00.000Z');

const band = universeOf({
  name: 'market_cap',
  key: 'mega_cap',
  title: 'Mega Cap',
  cacheType: 'market_cap',
  policy: { rule: 'band', minUsd: 200e9, maxUsd: null },
});
const rows = (
  layout: typeof universe,
  universes: readonly Universe[],
  ids: Record<string, number> = {},
): ProjectionRow[] => [...layout.rows(universes, AT, new Map(Object.entries(ids)))];
const metadataOf = (parts: Partial<Universe>): unknown =>
  JSON.parse(rows(symbols, [universeOf({ title: 'T', ...parts })])[0]?.values[2] ?? '');

describe('the layouts of one row a universe', () => {
  it('write the symbols with their count, the time and what the universe is', async () => {
    const market = await marketOf([
      { symbol: 'AAPL', cap: 3e12 },
      { symbol: 'MSFT', cap: 2e12 },
    ]);
    const published = { ...band, members: market.stocks };

    const [inUniverse] = rows(universe, [published]);
    const [inSymbols] = rows(symbols, [published]);

    const metadata = { type: 'market_cap', title: 'Mega Cap', market_cap_range: { min: 200_000_000_000, max: null } };
    expect(JSON.parse(inUniverse?.values[0] ?? '')).to.deep.equal({
      symbols: ['AAPL', 'MSFT'],
      count: 2,
      last_updated: '2026-06-22T21:05:00.000Z',
      metadata,
    });
    expect(inUniverse?.values[1]).to.equal('market_cap');
    expect(inSymbols?.values.map((text, index) => (index === 1 ? text : JSON.parse(text)))).to.deep.equal([
      ['AAPL', 'MSFT'],
      'market_cap',
      { ...metadata, count: 2 },
    ]);
  });

  it('say of a universe what its rule goes by', () => {
    const of = (cacheType: CacheType, policy: Universe['policy']): unknown => metadataOf({ cacheType, policy });

    expect(of('market_leader', { size: 500 })).to.deep.equal({
      type: 'market_leader',
      title: 'T',
      rank: 500,
      count: 0,
    });
    expect(of('sector', { sector: 'Energy', size: 10 })).to.include({ sector: 'Energy', rank: 10 });
    expect(of('industry', { industry: 'Banks', size: 15 })).to.include({ industry: 'Banks', rank: 15 });
    expect(of('ipo', { days: 30 })).to.include({ listed_within_days: 30 });
    expect(of('complete', { rule: 'complete', of: 'stocks', size: null })).to.not.have.property('rank');
    const form = { kind: 'combination', description: 'Top 50 stocks and 20 core ETFs' } as const;
    expect(metadataOf({ cacheType: 'combo', form })).to.include({ description: form.description });
  });

  it('name a universe by its key, and by name and key where an earlier one has that key, published now or not', () => {
    const ranking = universeOf({ name: 'market_leaders', key: 'top_1000' });
    const complete = universeOf({ name: 'complete', key: 'top_1000' });
    const etf = universeOf({ type: 'etf_universe', name: 'Growth & Income ETFs', key: 'top_1000' });
    const keysOf = (universes: readonly Universe[], ids?: Record<string, number>): string[] =>
      rows(universe, universes, ids).map((row) => row.key);

    expect(keysOf([ranking, complete, etf])).to.deep.equal([
      'top_1000',
      'complete_top_1000',
      'growth_and_income_etfs_top_1000',
    ]);
    expect(keysOf([complete], { 'stock_universe/market_leaders/top_1000': 1 })).to.deep.equal(['complete_top_1000']);
    expect(
      keysOf([ranking, complete], {
        'stock_universe/market_leaders/top_1000': 9,
        'stock_universe/complete/top_1000': 2,
      }),
    ).to.deep.equal(['market_leaders_top_1000', 'top_1000']);
  });
});
