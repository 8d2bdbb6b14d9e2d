import { expect } from 'chai';
import { LAYOUTS } from '../../../../phases/cache-sync/projection/layouts/index.js';
import { keyed } from '../../../../phases/cache-sync/projection/layouts/keyed.js';
import { symbols } from '../../../../phases/cache-sync/projection/layouts/symbols.js';
import { universe } from '../../../../phases/cache-sync/projection/layouts/universe.js';
import type { CacheLayout } from '../../../../phases/cache-sync/projection/layout.js';
import { readUniverseIds } from '../../../../phases/cache-sync/membership/open-universes.js';
import { compareWithTable, type Parity } from '../../../../phases/cache-sync/projection/parity.js';
import type { Universe } from '../../../../phases/cache-sync/universes/rule.js';
import { cacheTableOf, publish, replaceCacheTable, universeOf } from '../../../support/cache-tables.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { marketOf } from '../../../support/market.js';

const AT = new Date('2026-06-22T21:05:00Z');
const LATER = new Date('2026-06-23T21:05:00Z');

const stock = (ticker: string, rank: number, marketCap: number | string): Record<string, unknown> => ({
  ticker,
  name: 'Unknown',
  rank,
  sector: 'Unknown',
  industry: 'Unknown',
  exchange: 'Unknown',
  market: 'Unknown',
  market_cap: marketCap,
});

describe('parity with the rows as they stand', () => {
  let test: TestDatabase;
  let ranking: Universe;
  let theme: Universe;
  let figures: Universe;

  before(async () => {
    test = await createTestDatabase();
    const { stocks } = await marketOf([
      { symbol: 'AAA', cap: 4e12 },
      { symbol: 'BBB', cap: 3e12 },
      { symbol: 'CCC', cap: 2e12 },
    ]);
    ranking = universeOf({
      name: 'market_leaders',
      key: 'top_50',
      cacheType: 'market_leader',
      form: { kind: 'stock-list' },
      members: stocks,
    });
    theme = universeOf({ members: stocks });
    const statistics = {
      totalStocks: 3,
      uniqueSectors: 0,
      uniqueExchanges: 0,
      totalMarketCapUsd: 9e12,
      averageMarketCapUsd: 3e12,
      totalCompanies: 1,
      companyMarketCapUsd: 3e12,
    };
    figures = universeOf({
      type: 'stock_stats',
      name: 'universe',
      key: 'summary',
      cacheType: 'stats',
      form: { kind: 'statistics', statistics },
    });
  });

  after(async () => {
    await test.drop();
  });

  const compare = (layout: CacheLayout, universes: readonly Universe[]): Promise<Parity> =>
    test.database.transaction(async ({ client }) => {
      await client.query('set transaction read only');
      return compareWithTable(client, layout, universes, { at: LATER, ids: await readUniverseIds(client) });
    });
  const insertRow = (type: string, name: string, key: string, value: unknown) =>
    test.database.pool.query('insert into cache_entries (type, name, key, value) values ($1, $2, $3, $4)', [
      type,
      name,
      key,
      JSON.stringify(value),
    ]);

  for (const layout of LAYOUTS) {
    it(`finds what was published in the layout ${layout.id} equal, whenever it was written, and names what is not there`, async () => {
      await replaceCacheTable(test.database.pool, cacheTableOf(layout));
      await publish(test.database, layout, [ranking, figures], AT);

      const same = await compare(layout, [ranking, figures]);
      const more = await compare(layout, [ranking, theme]);

      expect(same).to.deep.equal({
        rows: 2,
        equal: 2,
        sameMembers: 2,
        leftOut: [],
        rewritten: [],
        differences: [],
      });
      const kinds = more.differences.map(({ place, kind, added }) => [place, kind, added.length]);
      const missing = layout === keyed ? ['stock_universe/themes/ai', 'themes/Artificial Intelligence/list'] : ['ai'];
      const extra = layout === keyed ? 'stock_stats/universe/summary' : 'summary';
      expect(kinds).to.have.deep.members([...missing.map((place) => [place, 'missing', 3]), [extra, 'extra', 0]]);
    });
  }

  it('tells members, order and values of rows of the old job apart, and leaves out rows of other kinds', async () => {
    await replaceCacheTable(test.database.pool, cacheTableOf(keyed));
    await insertRow('app_settings', 'ui', 'theme', ['AAA']);
    await insertRow('stock_universe', 'old', 'gone', ['AAA', 'ZZZ']);
    await insertRow('stock_universe', 'market_leaders', 'top_50', {
      count: 4,
      last_updated: '2020-01-02',
      stocks: [stock('CCC', 1, 2e12), stock('AAA', 2, '4000000000000'), stock('OLD', 3, 1), stock('BBB', 4, 3e12)],
    });
    await insertRow('stock_universe', 'themes', 'ai', { symbols: ['AAA', 'BBB', 'CCC'] });
    await insertRow('themes', 'Artificial Intelligence', 'list', ['AAA', 'AAA', 'BBB', 'CCC']);
    await insertRow('stock_stats', 'universe', 'summary', { overview: { total_stocks: 4, last_updated: 'then' } });

    const { rows, equal, sameMembers, differences } = await compare(keyed, [ranking, theme, figures]);

    expect([rows, equal, sameMembers]).to.deep.equal([4, 0, 2]);
    const at = (place: string): unknown[] => differences.filter((each) => each.place === place);
    expect(at('stock_universe/market_leaders/top_50')).to.deep.equal([
      {
        place: 'stock_universe/market_leaders/top_50',
        kind: 'membership',
        added: [],
        removed: ['OLD'],
        examples: [],
        fields: {},
        alike: null,
        detail: '4 symbols, would be 3: 0 added, 1 removed',
      },
      {
        place: 'stock_universe/market_leaders/top_50',
        kind: 'order',
        added: [],
        removed: [],
        examples: [
          { symbol: 'AAA', field: 'position', stored: 2, ours: 1 },
          { symbol: 'BBB', field: 'position', stored: 3, ours: 2 },
          { symbol: 'CCC', field: 'position', stored: 1, ours: 3 },
        ],
        fields: {},
        alike: null,
        detail: '3 of 3 common symbols in another position',
      },
      {
        place: 'stock_universe/market_leaders/top_50',
        kind: 'values',
        added: [],
        removed: [],
        examples: [{ symbol: 'AAA', field: 'market_cap', stored: '4000000000000', ours: 4e12 }],
        fields: { market_cap: 1 },
        alike: null,
        detail: 'market_cap once of 1 symbol',
      },
    ]);
    expect(at('stock_universe/themes/ai')).to.have.nested.property('[0].detail').that.includes('object with symbols');
    expect(at('themes/Artificial Intelligence/list'))
      .to.have.nested.property('[0].detail')
      .that.includes('1 duplicates');
    expect(at('stock_stats/universe/summary')).to.have.nested.property('[0].examples').that.deep.includes({
      symbol: null,
      field: 'overview.total_stocks',
      stored: 4,
      ours: 3,
    });
    expect(differences.filter((each) => each.kind === 'extra').map((each) => each.place)).to.deep.equal([
      'stock_universe/old/gone',
    ]);
    expect(differences.some((each) => each.place.startsWith('app_settings'))).to.equal(false);
  });

  it('tells a row that publishing deletes from one that it leaves', async () => {
    await replaceCacheTable(test.database.pool, cacheTableOf(keyed));
    await insertRow('stock_universe', 'old', 'gone', ['AAA']);
    await publish(test.database, keyed, [ranking, theme], AT);
    await test.database.pool.query(`update pipeline.universe set retired_session = '2026-06-22' where key = 'ai'`);

    const { differences } = await compare(keyed, [ranking]);

    expect(differences.map(({ place, kind, detail }) => [place, kind, detail])).to.deep.equal([
      ['stock_universe/old/gone', 'extra', 'in the table with 1 symbol; publishing would neither write nor delete it'],
      ['stock_universe/themes/ai', 'abandoned', 'in the table with 3 symbols; publishing would delete it'],
      ['themes/Artificial Intelligence/list', 'abandoned', 'in the table with 3 symbols; publishing would delete it'],
    ]);
  });

  it('compares the column of the kind as well, and what a row says beside its symbols', async () => {
    for (const layout of [universe, symbols]) {
      await replaceCacheTable(test.database.pool, cacheTableOf(layout));
      const { text, values } = cacheTableOf(layout).insert('top_50', ['AAA', 'BBB']);
      await test.database.pool.query(text, values);

      const { differences } = await compare(layout, [ranking]);

      expect(differences.map((each) => [each.place, each.kind, ...each.added])).to.deep.equal([
        ['top_50', 'membership', 'CCC'],
        ['top_50', 'values'],
      ]);
    }
  });
});
