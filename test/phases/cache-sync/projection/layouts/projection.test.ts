import { expect } from 'chai';
import { isProjectionUntouched } from '../../../../../phases/cache-sync/projection/row-state.js';
import { keyed, keyedByName } from '../../../../../phases/cache-sync/projection/layouts/keyed.js';
import { symbols } from '../../../../../phases/cache-sync/projection/layouts/symbols.js';
import { universe } from '../../../../../phases/cache-sync/projection/layouts/universe.js';
import { cacheTableOf, publish, replaceCacheTable, universeOf } from '../../../../support/cache-tables.js';
import { marketOf } from '../../../../support/market.js';
import { createTestDatabase, type TestDatabase } from '../../../../support/database.js';

const AT = new Date('2026-06-22T21:00:00Z');

const { stocks: members } = await marketOf([{ symbol: 'AAA', cap: 4e12 }]);
const ai = universeOf({ members });
const ev = universeOf({ key: 'ev', title: 'Electric Vehicles', members });
const complete = universeOf({ name: 'complete', key: 'ai', form: { kind: 'ticker-list' }, members });

describe('writing into tables of others', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  beforeEach(async () => {
    await replaceCacheTable(test.database.pool, cacheTableOf(keyed));
  });

  after(async () => {
    await test.drop();
  });

  const query = async (statement: string) => (await test.database.pool.query<Record<string, unknown>>(statement)).rows;
  const listPlaces = async (): Promise<unknown[]> =>
    (await query(`select concat_ws('/', type, name, key) as place from cache_entries order by id`)).map(
      (row) => row['place'],
    );

  it('leaves out and names what a unique key has no room for, whose row is another one of ours', async () => {
    await query('alter table cache_entries add unique (type, key, environment)');

    const { leftOut } = await publish(test.database, keyed, [ai, ev, complete], AT);

    expect(leftOut).to.deep.equal(['themes/Electric Vehicles/list', 'stock_universe/complete/ai']);
    expect(await listPlaces()).to.deep.equal([
      'stock_universe/themes/ai',
      'themes/Artificial Intelligence/list',
      'stock_universe/themes/ev',
    ]);
  });

  it('leaves out what a unique key has no room for because of a row of another environment', async () => {
    await query(`alter table cache_entries add unique (type, name, key);
      insert into cache_entries (type, name, key, environment) values ('stock_universe', 'themes', 'ai', 'TEST')`);
    const before = await query('select xmin::text, * from cache_entries');

    const { leftOut } = await publish(test.database, keyed, [ai, ev], AT);

    expect(leftOut).to.deep.equal(['stock_universe/themes/ai']);
    expect(await query('select xmin::text, * from cache_entries where id = 1')).to.deep.equal(before);
    expect(await listPlaces()).to.have.length(4);
  });

  it('writes all of them under keys with their names where it is configured so', async () => {
    await query('alter table cache_entries add unique (type, key, environment)');

    const { leftOut } = await publish(test.database, keyedByName, [ai, ev, complete], AT);
    await publish(test.database, keyedByName, [complete, ev], AT);

    expect(leftOut).to.deep.equal([]);
    expect(await listPlaces()).to.deep.equal([
      'stock_universe/themes/ai',
      'themes/Artificial Intelligence/artificial_intelligence_list',
      'stock_universe/themes/ev',
      'themes/Electric Vehicles/electric_vehicles_list',
      'stock_universe/complete/complete_ai',
    ]);
  });

  it('writes a row beside that of another environment where the unique key has the environment', async () => {
    await query(`alter table cache_entries add unique (type, key, environment);
      insert into cache_entries (type, name, key, environment) values ('stock_universe', 'market_cap', 'ai', 'PROD')`);

    const { leftOut } = await publish(test.database, keyed, [ai], AT);

    expect(leftOut).to.deep.equal([]);
    expect(await listPlaces()).to.include('stock_universe/themes/ai');
  });

  it('writes no row for an empty universe until it has had members, and an empty list after that', async () => {
    const none = { ...ai, members: [] };

    const first = await publish(test.database, keyed, [none], AT);
    await publish(test.database, keyed, [ai], AT);
    const second = await publish(test.database, keyed, [none], AT);

    expect([first.written, second.written]).to.deep.equal([0, 2]);
    expect(await query(`select value from cache_entries where type = 'themes'`)).to.deep.equal([{ value: [] }]);
  });

  it('keeps the category and adds to the metadata of a row that another program has in the layout symbols', async () => {
    await replaceCacheTable(test.database.pool, cacheTableOf(symbols));
    await query(`insert into cache_entries (cache_key, symbols, universe_category, universe_metadata)
                 values ('etf_growth', '["VUG"]', 'Growth', '{"icon": "up", "count": 1}')`);
    const growth = universeOf({
      type: 'etf_universe',
      name: 'Growth ETFs',
      key: 'etf_growth',
      cacheType: 'etf',
      members,
    });

    await publish(test.database, symbols, [growth, { ...growth, key: 'etf_value', name: 'Value ETFs' }], AT);

    expect(
      await query(`select cache_key as key, symbols, universe_category as category, universe_metadata ->> 'icon' as icon,
                          universe_metadata ->> 'count' as count from cache_entries order by 1`),
    ).to.deep.equal([
      { key: 'etf_growth', symbols: ['AAA'], category: 'Growth', icon: 'up', count: '1' },
      { key: 'etf_value', symbols: ['AAA'], category: 'ETF', icon: null, count: '1' },
    ]);
    const again = await publish(test.database, symbols, [growth], AT);
    expect(again.written).to.equal(0);
  });

  it('starts anew in a table of another layout, and touches no row there for what the old table had', async () => {
    await publish(test.database, keyed, [ai, ev], AT);
    await query(`drop table cache_entries; create table cache_entries (${cacheTableOf(universe).columns});
      insert into cache_entries (universe) values ('list'), ('themes')`);

    const { written, deleted } = await publish(test.database, universe, [ai, ev], AT);

    expect([written, deleted]).to.deep.equal([2, 0]);
    expect(await query('select universe from cache_entries order by 1')).to.deep.equal([
      { universe: 'ai' },
      { universe: 'ev' },
      { universe: 'list' },
      { universe: 'themes' },
    ]);
    expect(await test.database.transaction(({ client }) => isProjectionUntouched(client, universe))).to.equal(true);
  });
});
