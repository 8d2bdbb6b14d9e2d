import { expect } from 'chai';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { MONDAY, sync, TUESDAY, WEDNESDAY, writeListings } from '../../../support/market.js';
import { listWritten, readCacheRows } from '../publish/published-state.js';

const BANDS = 'stock_universe/market_cap/mega_cap';
const OLD_TIME = '2020-01-02T03:04:05Z';

describe('rows of cache_entries', () => {
  let test: TestDatabase;
  const insertRow = (type: string, name: string, key: string, value: unknown, environment = 'DEFAULT') =>
    test.database.pool.query(
      `insert into cache_entries (type, name, key, value, environment, created_at, updated_at)
       values ($1, $2, $3, $4, $5, $6, $6)`,
      [type, name, key, JSON.stringify(value), environment, OLD_TIME],
    );
  const readForeign = async (): Promise<unknown[]> => {
    const { rows } = await test.database.pool.query(
      `select c.*, c.xmin::text as version from cache_entries c
       where type not in ('stock_universe', 'etf_universe', 'stock_etf_combo', 'stock_stats', 'themes') or created_at < '2021-01-01'
       order by id`,
    );
    return rows;
  };

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, [
      { symbol: 'AAPL', cap: 3e12, sector: 'Technology' },
      { symbol: 'DELL', cap: 9e10, sector: 'Technology' },
    ]);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('that belong to others are never touched: settings, unknown types, unknown keys, other environments', async () => {
    await insertRow('app_settings', 'ui', 'theme', { dark: true });
    await insertRow('cache_config', 'market_cap_thresholds', 'mega_cap', 100e9);
    await insertRow('something_new', 'market_cap', 'mega_cap', ['A']);
    await insertRow('stock_universe', 'market_cap', 'nano_cap', { count: 0, stocks: [] });
    await insertRow('stock_universe', 'my_own_list', 'favourites', { count: 1, stocks: [] });
    await insertRow('stock_universe', 'industry', 'somebody_elses_industry', { count: 9 });
    await insertRow('themes', 'My Theme', 'list', ['A']);
    await insertRow('stock_universe', 'market_cap', 'mega_cap', { count: 0, stocks: [] }, 'TEST');
    const before = await readForeign();

    await sync(test.database, MONDAY);
    await writeListings(test.database, TUESDAY, [{ symbol: 'AAPL', cap: 4e12, sector: 'Technology' }]);
    await sync(test.database, TUESDAY);
    await sync(test.database, WEDNESDAY, { force: true });

    expect(before).to.have.length(8);
    expect(await readForeign()).to.deep.equal(before);
  });

  it('that the old job wrote under the same identity are taken over in place', async () => {
    await insertRow('stock_universe', 'market_cap', 'mega_cap', { count: 1, stocks: [{ ticker: 'OLD' }] });
    const { rows } = await test.database.pool.query<{ id: string }>('select id from cache_entries');

    await sync(test.database, MONDAY);

    const row = (await readCacheRows(test.database)).get(BANDS);
    expect(row).to.have.property('id', rows[0]?.id);
    expect(row?.value).to.have.property('count', 1);
    expect(row?.value).to.have.nested.property('stocks[0].ticker', 'AAPL');
    expect(row?.updatedAt).to.be.above(new Date(OLD_TIME));
  });

  it('that the old job wrote with the very same value are taken over without being written', async () => {
    await insertRow('stock_universe', 'complete', 'all_stocks', ['AAPL', 'DELL']);
    const before = (await readCacheRows(test.database)).get('stock_universe/complete/all_stocks');

    await sync(test.database, MONDAY);

    expect((await readCacheRows(test.database)).get('stock_universe/complete/all_stocks')).to.deep.equal(before);
  });

  it('that are there twice, where no key forbids it, both get the value', async () => {
    await test.database.pool.query('drop index cache_entries_key');
    await insertRow('stock_universe', 'complete', 'all_stocks', ['OLD']);
    await insertRow('stock_universe', 'complete', 'all_stocks', ['OLDER']);

    await sync(test.database, MONDAY);
    await writeListings(test.database, TUESDAY, [{ symbol: 'DELL', cap: 9e10, active: false }]);
    await sync(test.database, TUESDAY);

    const { rows } = await test.database.pool.query(
      `select value from cache_entries where name = 'complete' and key = 'all_stocks'`,
    );
    expect(rows).to.deep.equal([{ value: ['AAPL'] }, { value: ['AAPL'] }]);
  });

  it('are written where type, key and environment are unique and two universes share them', async () => {
    await test.database.pool.query('drop index cache_entries_key');
    await test.database.pool.query('alter table cache_entries add constraint old_key unique (type, key, environment)');

    await sync(test.database, MONDAY);

    const rows = await readCacheRows(test.database);
    expect(rows.get(BANDS)?.value).to.have.property('count', 1);
  });

  for (const [what, statement] of [
    ['changed', `update cache_entries set value = '{"count": 0, "stocks": []}' where key = 'mega_cap'`],
    ['deleted', `delete from cache_entries where key = 'mega_cap'`],
    ['changed and back to its value', `update cache_entries set value = value where key = 'mega_cap'`],
  ] as const) {
    it(`that somebody ${what} are as they should be after the next sync, though the input is the same`, async () => {
      await sync(test.database, MONDAY);
      const before = await readCacheRows(test.database);
      await test.database.pool.query(statement);
      const tampered = await readCacheRows(test.database);

      const report = await sync(test.database, MONDAY);
      const after = await readCacheRows(test.database);
      const third = await sync(test.database, MONDAY);

      expect(after.get(BANDS)?.value).to.deep.equal(before.get(BANDS)?.value);
      const isRight = what === 'changed and back to its value';
      expect(listWritten(tampered, after)).to.deep.equal(isRight ? [] : [BANDS]);
      expect(report.counters['rowsWritten']).to.equal(isRight ? 0 : 1);
      expect(third.changed).to.equal(false);
      expect(listWritten(after, await readCacheRows(test.database))).to.deep.equal([]);
    });
  }

  it('of a held universe that somebody deleted are back when the hold ends', async () => {
    await sync(test.database, MONDAY);
    const before = (await readCacheRows(test.database)).get(BANDS);
    await writeListings(test.database, MONDAY, [{ symbol: 'AAPL', cap: null, sector: 'Technology' }]);
    const held = await sync(test.database, MONDAY);
    await test.database.pool.query(`delete from cache_entries where key = 'mega_cap'`);
    await writeListings(test.database, MONDAY, [{ symbol: 'AAPL', cap: 3e12, sector: 'Technology' }]);

    await sync(test.database, MONDAY);

    expect(held.held).to.equal(true);
    expect((await readCacheRows(test.database)).get(BANDS)?.value).to.deep.equal(before?.value);
  });

  it('that only differ by the time they were written are not written', async () => {
    await sync(test.database, MONDAY, { clock: { now: () => Date.parse('2026-06-22T21:00:00Z') } });
    const before = (await readCacheRows(test.database)).get('stock_stats/universe/summary');

    await sync(test.database, TUESDAY, { clock: { now: () => Date.parse('2026-06-23T21:00:00Z') } });

    expect(before?.value).to.have.nested.property('overview.last_updated', '2026-06-22T21:00:00.000Z');
    expect((await readCacheRows(test.database)).get('stock_stats/universe/summary')).to.deep.equal(before);
  });
});
