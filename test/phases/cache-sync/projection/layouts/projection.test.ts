import { expect } from 'chai';
import { isProjectionUntouched } from '../../../../../phases/cache-sync/projection/row-state.js';
import { keyed } from '../../../../../phases/cache-sync/projection/layouts/keyed.js';
import { universe } from '../../../../../phases/cache-sync/projection/layouts/universe.js';
import { cacheTableOf, publish, replaceCacheTable, universeOf } from '../../../../support/cache-tables.js';
import { createTestDatabase, type TestDatabase } from '../../../../support/database.js';

const AT = new Date('2026-06-22T21:00:00Z');

const ai = universeOf({});
const ev = universeOf({ key: 'ev', title: 'Electric Vehicles' });
const complete = universeOf({ name: 'complete', key: 'ai', form: { kind: 'ticker-list' } });

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
