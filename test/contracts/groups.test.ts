import { expect } from 'chai';
import type { PhaseReport } from '../../src/core/phase.js';
import { PipelineError } from '../../src/core/errors.js';
import { CacheSyncPhase } from '../../phases/cache-sync/phase.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { readMembers, readUniverses } from '../../src/history/universes.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { GROUP_TABLES, readGroup } from '../support/group-tables.js';
import { configOf, MONDAY, sync, TUESDAY, writeListings, type Listing } from '../support/market.js';

const MARKET: readonly Listing[] = [
  { symbol: 'AAPL', cap: 3e12, sector: 'Technology', industry: 'Computer Manufacturing' },
  { symbol: 'NVDA', cap: 4e12, sector: 'Technology', industry: 'Semiconductors' },
  { symbol: 'T', cap: 2e11, sector: 'Telecommunications', industry: 'Telecommunications Equipment' },
  { symbol: 'CSCO', cap: 3e11, sector: 'Telecommunications', industry: 'Computer Communications Equipment' },
  { symbol: 'ODD', cap: 1e9, sector: 'Alchemy', industry: 'Gold from lead' },
  { symbol: 'NONE', cap: 1e9 },
  { symbol: 'SPY', type: 'ETF', name: 'SPDR S&P 500' },
];

const config = configOf({ themes: [{ key: 'chips', title: 'Chips', symbols: ['NVDA'] }] });

describe('groups', () => {
  let test: TestDatabase;
  const query = async (text: string, values: unknown[] = []) =>
    (await test.database.pool.query<Record<string, unknown>>(text, values)).rows;
  const read = (asked: string): Promise<string[]> => readGroup(test.database.pool, asked);
  const readList = async (universe: string): Promise<string[]> =>
    (await readMembers(test.database, universe)).members.map(({ symbol }) => symbol);
  const run = (session = MONDAY): Promise<PhaseReport> => sync(test.database, session, { config });

  beforeEach(async () => {
    test = await createTestDatabase();
    await test.database.pool.query(GROUP_TABLES);
    await writeListings(test.database, MONDAY, MARKET);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('show every universe with members, in its order, to a reader that asks by its name', async () => {
    await run();

    const universes = (await readUniverses(test.database)).filter(({ count }) => count > 0);
    expect(universes.length).to.be.above(15);
    for (const { universe } of universes) {
      const name = universe.replace('/', '_');
      expect(await read(name), name).to.deep.equal(await readList(universe));
    }
    expect(
      await query(`select type, count(*)::int as groups from definition_groups group by 1 order by 1`),
    ).to.deep.equal([
      { type: 'ETF', groups: 2 },
      { type: 'SECTOR', groups: 11 },
      { type: 'THEME', groups: 1 },
      { type: 'UNIVERSE', groups: universes.length - 3 },
    ]);
    expect(await read('THEME:chips')).to.deep.equal(['NVDA']);
    expect(await read('UNIVERSE:chips')).to.deep.equal([]);
    expect(await read('mega_cap:chips')).to.have.members(['NVDA', 'AAPL', 'T', 'CSCO']);
  });

  it('divide all stocks into the GICS sectors with their industries, and name what is in none', async () => {
    const report = await run();

    expect(await read('SECTOR:information_technology')).to.deep.equal(['NVDA', 'AAPL', 'CSCO']);
    expect(await read('SECTOR:communication_services')).to.deep.equal(['T']);
    expect(
      await query(`select m.symbol, m.metadata from group_memberships m join definition_groups g on g.id = m.group_id
                   where g.name = 'communication_services'`),
    ).to.deep.equal([{ symbol: 'T', metadata: { rank: 1, industry: 'Telecommunications Equipment' } }]);
    expect(report.warnings).to.include(
      '1 stock is in no group of type SECTOR, because config/sectors.yaml lists none of: Alchemy: Gold from lead (1)',
    );
  });

  it('find the sector of a text that a narrow column has truncated', async () => {
    await writeListings(test.database, MONDAY, [
      { symbol: 'SHIP', cap: 1e9, sector: 'Consumer Discretiona', industry: 'Marine Transportatio' },
      { symbol: 'SHOP', cap: 1e9, sector: 'Consumer Discretiona', industry: 'Some Other Industry' },
      { symbol: 'CON', cap: 1e9, sector: 'Consumer' },
    ]);

    await run();

    expect(await read('SECTOR:industrials')).to.deep.equal(['SHIP']);
    expect(await read('SECTOR:consumer_discretionary')).to.deep.equal(['SHOP']);
  });

  it('leave what a host added, and groups of others', async () => {
    await query(`insert into definition_groups (name, type, description, metadata, liquidity_filter) values
      ('chips', 'THEME', 'mine', '{"icon": "x"}', '{"min": 1}'), ('SPY', 'ETF', 'holdings', null, null)`);
    await query(`insert into definition_groups (name, type, environment) values ('chips', 'THEME', 'TEST')`);
    await query(`insert into group_memberships (group_id, symbol, weight, metadata)
                 values (1, 'NVDA', 0.5, '{"note": "keep"}'), (1, 'OLD', null, null), (2, 'AAPL', 0.07, null), (3, 'X', null, null)`);

    await run();

    expect(
      await query(`select description, metadata ->> 'icon' as icon, metadata ->> 'count' as count, liquidity_filter as filter
                        from definition_groups where id = 1`),
    ).to.deep.equal([{ description: 'mine', icon: 'x', count: '1', filter: { min: 1 } }]);
    expect(
      await query(
        `select group_id, symbol, weight::float, metadata from group_memberships where group_id < 4 order by 1, 2`,
      ),
    ).to.deep.equal([
      { group_id: 1, symbol: 'NVDA', weight: 0.5, metadata: { note: 'keep', rank: 1 } },
      { group_id: 2, symbol: 'AAPL', weight: 0.07, metadata: null },
      { group_id: 3, symbol: 'X', weight: null, metadata: null },
    ]);
  });

  it('are written again where another program changed them, and only there', async () => {
    await run();
    const before = await query(`select id, xmin::text from group_memberships order by id`);
    await query(
      `delete from group_memberships where symbol = 'NVDA' and group_id = (select id from definition_groups where name = 'chips')`,
    );
    await query(`delete from definition_groups where name = 'energy'`);

    const again = await run();
    const quiet = await run();

    expect(again.counters).to.include({ groupsWritten: 1 });
    expect(await read('chips')).to.deep.equal(['NVDA']);
    expect(await query(`select count(*)::int as sectors from definition_groups where type = 'SECTOR'`)).to.deep.equal([
      { sectors: 11 },
    ]);
    expect(quiet).to.include({ changed: false, summary: 'same input as the last time, nothing changed' });
    const kept = new Set(
      (await query(`select id, xmin::text from group_memberships order by id`)).map((row) => JSON.stringify(row)),
    );
    expect(before.filter((row) => !kept.has(JSON.stringify(row)))).to.have.length(1);
  });

  it('are filled when a host creates the tables after the session was published', async () => {
    await query('drop table group_memberships, definition_groups');
    await run();
    await query(GROUP_TABLES);

    await run();

    expect(await read('chips')).to.deep.equal(['NVDA']);
  });

  it('follow arrivals, departures and ranks, and are deleted with their universe', async () => {
    await run();
    await writeListings(test.database, TUESDAY, [
      ...MARKET.map((listing) => (listing.symbol === 'AAPL' ? { ...listing, cap: 5e12 } : listing)),
      { symbol: 'NEW', cap: 2.5e11, sector: 'Energy' },
    ]);

    const report = await sync(test.database, TUESDAY, {
      force: true,
      config: configOf({
        themes: [{ key: 'banks', title: 'Banks', symbols: ['T'] }],
        universes: { suspectCaps: { factor: 1e12, largeCapUsd: 1e18 } },
        gates: { turnover: { minMembers: 1000 } },
      }),
    });

    expect(await read('all_stocks')).to.deep.equal(['AAPL', 'NVDA', 'CSCO', 'NEW', 'T', 'NONE', 'ODD']);
    expect(await read('SECTOR:energy')).to.deep.equal(['NEW']);
    expect(await read('banks')).to.deep.equal(['T']);
    expect(await query(`select name from definition_groups where name = 'chips'`)).to.deep.equal([]);
    expect(report.counters).to.include({ groupsDeleted: 1 });
  });

  it('are planned as they are then written, without writing', async () => {
    const phase = new CacheSyncPhase(test.database, config, new TradingCalendar());
    const plan = async () =>
      (await phase.preview({ session: MONDAY, mode: 'full', force: false, at: new Date() })).rows.filter(({ place }) =>
        place.startsWith('definition_groups'),
      );
    const first = await plan();
    const counts = async () => query('select count(*)::int as groups from definition_groups');

    expect(await counts()).to.deep.equal([{ groups: 0 }]);
    expect(first).to.include.deep.members([{ place: 'definition_groups/THEME/chips', action: 'insert' }]);
    await run();
    expect(await counts()).to.deep.equal([{ groups: first.length }]);
    expect(await plan()).to.deep.equal([]);
  });

  it('are left alone, with a warning, where a column is missing, and where a constraint refuses the type', async () => {
    await query(`alter table group_memberships rename metadata to other`);
    const missing = await run();
    await query(`alter table group_memberships rename other to metadata;
      alter table definition_groups drop constraint definition_groups_type_check;
      alter table definition_groups add constraint kinds check (type in ('ETF', 'THEME', 'SECTOR'))`);
    const refused = await run();

    expect(missing.warnings).to.include('definition_groups is not written: group_memberships.metadata missing');
    expect(refused.warnings.filter((warning) => warning.includes('kinds'))).to.have.length(1);
    expect(refused.warnings.join()).to.match(
      /the constraint kinds of definition_groups refuses the type UNIVERSE: \d+ groups are not written/,
    );
    expect(await read('THEME:chips')).to.deep.equal(['NVDA']);
    expect(await readList('mega_cap')).to.have.length(4);
  });

  it('publish nothing at all where the tables refuse the rows', async () => {
    await query(`alter table group_memberships add constraint small check (symbol <> 'NVDA')`);

    const failure = await run().catch((error: unknown) => error);

    expect(failure).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_DB_SCHEMA' });
    expect(failure).to.have.property('message').that.includes('group_memberships refuses the rows');
    expect(failure).to.have.property('hint').that.includes('drop the constraint small of group_memberships');
    expect(await query('select count(*)::int as rows from cache_entries')).to.deep.equal([{ rows: 0 }]);
  });
});
