import { expect } from 'chai';
import { symbols as symbolsLayout } from '../../../../phases/cache-sync/projection/layouts/symbols.js';
import { cacheTableOf, replaceCacheTable } from '../../../support/cache-tables.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { GROUP_TABLES } from '../../../support/group-tables.js';
import { configOf, MONDAY, sync, TUESDAY, writeListings, type Listing } from '../../../support/market.js';
import { readCacheRows } from '../publish/published-state.js';

const MARKET: readonly Listing[] = Array.from({ length: 12 }, (_, index) => ({
  symbol: `S${index}`,
  cap: 4e11 - index,
}));
const PLACE = 'stock_universe/themes/chips';

const config = configOf({ themes: [{ key: 'chips', title: 'Chips', symbols: ['S0', 'S1', 'S2'] }] });

describe('rows of another program', () => {
  let test: TestDatabase;
  const query = async (text: string, values: unknown[] = []) =>
    (await test.database.pool.query<Record<string, unknown>>(text, values)).rows;
  const insertTheme = (symbols: readonly string[]) =>
    query(`insert into cache_entries (type, name, key, value) values ('stock_universe', 'themes', 'chips', $1)`, [
      JSON.stringify(symbols),
    ]);
  const readTheme = async (): Promise<unknown> => (await readCacheRows(test.database)).get(PLACE)?.value;

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, MARKET);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('hold the first publish that would take most of their members, until a person has decided', async () => {
    await insertTheme(['S0', 'A', 'B', 'C', 'D']);

    const held = await sync(test.database, MONDAY, { config });
    const [hold] = await query('select id, gate, message, state from pipeline.hold');
    const before = await readTheme();
    const approved = await sync(test.database, MONDAY, {
      config,
      approval: { holds: [Number(hold?.['id'])], by: 'me', reason: 'ours' },
    });
    await writeListings(test.database, TUESDAY, MARKET);
    const next = await sync(test.database, TUESDAY, { config });

    expect(held).to.include({ held: true });
    expect(hold).to.include({ gate: 'foreign-rows', state: 'open' });
    expect(hold?.['message']).to.match(
      /^1 of 1 rows of another program would lose more than 50\.0 % of their members: stock_universe\/themes\/chips 4 of 5; /,
    );
    expect(before).to.deep.equal(['S0', 'A', 'B', 'C', 'D']);
    expect(approved).to.include({ held: false });
    expect(await readTheme()).to.deep.equal(['S0', 'S1', 'S2']);
    expect(next).to.include({ held: false });
  });

  it('are replaced at once where they keep most of their members, or have few', async () => {
    await insertTheme(['S0', 'S1', 'S2', 'A', 'B']);
    await query(`insert into cache_entries (type, name, key, value) values ('themes', 'Chips', 'list', '["X", "Y"]')`);

    const report = await sync(test.database, MONDAY, { config });

    expect(report).to.include({ held: false });
    expect(await readTheme()).to.deep.equal(['S0', 'S1', 'S2']);
  });

  it('are judged in the tables of groups as well', async () => {
    await query(GROUP_TABLES);
    await query(`insert into definition_groups (name, type) values ('chips', 'THEME'), ('SPY', 'ETF')`);
    await query(`insert into group_memberships (group_id, symbol) select 1, unnest(array['A', 'B', 'C', 'D', 'S0'])`);

    const report = await sync(test.database, MONDAY, { config });

    expect(report.summary).to.include('definition_groups/THEME/chips 4 of 5');
    expect(await query('select count(*)::int as members from group_memberships')).to.deep.equal([{ members: 5 }]);
  });

  it('stay where a list of ours is empty: a feed without ETFs does not end curated ones', async () => {
    await replaceCacheTable(test.database.pool, cacheTableOf(symbolsLayout));
    await query(`insert into cache_entries (cache_key, symbols, universe_category)
      select key, '["SPY", "VUG", "QQQ", "IWM", "VTI", "AGG"]', 'ETF' from unnest(array['etf_growth', 'etf_value', 'etf_sectors']) as key`);
    const before = await query('select xmin::text, * from cache_entries order by id');

    const report = await sync(test.database, MONDAY, { config });

    expect(report).to.include({ held: false });
    expect(
      await query(`select xmin::text, * from cache_entries where universe_category = 'ETF' order by id`),
    ).to.deep.equal(before);
    expect(
      await query(
        `select count(*)::int as rows from cache_entries where symbols = '[]' and universe_category <> 'stats'`,
      ),
    ).to.deep.equal([{ rows: 0 }]);
  });
});
