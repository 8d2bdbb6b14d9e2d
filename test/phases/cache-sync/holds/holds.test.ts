import { expect } from 'chai';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { MONDAY, sync, THURSDAY, TUESDAY, WEDNESDAY, writeListings, type Listing } from '../../../support/market.js';
import { readCacheRows, readMembers, readOpenHolds, readVersions } from '../publish/published-state.js';

const MARKET: readonly Listing[] = [
  { symbol: 'AAPL', cap: 3e12, sector: 'Technology', industry: 'Hardware' },
  { symbol: 'DELL', cap: 9e10, sector: 'Technology', industry: 'Hardware' },
  { symbol: 'HPQ', cap: 3e10, sector: 'Technology', industry: 'Hardware' },
  { symbol: 'NVDA', cap: 4e12, sector: 'Technology', industry: 'Semiconductors' },
  { symbol: 'SPY', type: 'ETF', name: 'SPDR' },
];
const WITHOUT_CAPS = MARKET.map((listing) => ({ ...listing, cap: null }));
const LISTS = [
  'mega_cap',
  'large_cap',
  'top_10_stocks',
  'top_10_technology',
  'hardware',
  'combo_test',
  'etf_all',
  'semi',
];

describe('holding', () => {
  let test: TestDatabase;
  const readLists = async (): Promise<Record<string, string[]>> => {
    const lists: Record<string, string[]> = {};
    for (const key of LISTS) lists[key] = await readMembers(test.database, key);
    return lists;
  };

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, MARKET);
    await sync(test.database, MONDAY);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('keeps the members and rows of every stock universe when all market caps are gone', async () => {
    const [lists, rows] = [await readLists(), await readCacheRows(test.database)];
    await writeListings(test.database, TUESDAY, WITHOUT_CAPS);

    const report = await sync(test.database, TUESDAY);

    expect(report.held).to.equal(true);
    expect(await readOpenHolds(test.database)).to.include.members([
      '2026-06-23 mega_cap',
      '2026-06-23 large_cap',
      '2026-06-23 top_2000',
      '2026-06-23 top_10_technology',
      '2026-06-23 hardware',
      '2026-06-23 all_stocks',
    ]);
    expect(await readLists()).to.deep.equal(lists);
    const after = await readCacheRows(test.database);
    for (const [place, row] of rows) {
      // Figures about no stocks are zeros, and themes keep their members in the order that is left: by dollar volume.
      if (place.startsWith('stock_stats/') || /themes\//.test(place)) continue;
      expect(after.get(place), place).to.deep.equal(row);
    }
    const { rows: runs } = await test.database.pool.query(
      `select status from pipeline.phase_run where session = $1 and phase = 'cache-sync'`,
      [TUESDAY],
    );
    expect(runs).to.deep.equal([{ status: 'completed_with_holds' }]);
  });

  it('keeps everything when symbols is empty', async () => {
    const lists = await readLists();
    await test.database.pool.query('delete from symbols');

    const report = await sync(test.database, TUESDAY);

    expect(report.held).to.equal(true);
    expect(await readLists()).to.deep.equal(lists);
    expect(await readOpenHolds(test.database)).to.include('2026-06-23 etf_all');
  });

  it('says so again, and writes nothing, when the same bad input comes again', async () => {
    await writeListings(test.database, TUESDAY, WITHOUT_CAPS);
    await sync(test.database, TUESDAY);
    const versions = await readVersions(test.database);

    const report = await sync(test.database, TUESDAY);

    expect(report).to.include({ held: true, changed: false });
    expect(report.warnings.join('\n')).to.include('stock_universe/market_cap/mega_cap held');
    expect(await readVersions(test.database)).to.deep.equal(versions);
  });

  it('gives way to force, which publishes the empty universes', async () => {
    await writeListings(test.database, TUESDAY, WITHOUT_CAPS);
    await sync(test.database, TUESDAY);

    const report = await sync(test.database, TUESDAY, { force: true });

    expect(report.held).to.equal(false);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal([]);
    expect(await readOpenHolds(test.database)).to.deep.equal([]);
    const rows = await readCacheRows(test.database);
    expect(rows.get('stock_universe/market_cap/mega_cap')?.value).to.deep.equal({ count: 0, stocks: [] });
    expect(rows.has('stock_universe/industry/hardware')).to.equal(false);
    const { rows: holds } = await test.database.pool.query('select distinct state, decided_by from pipeline.hold');
    expect(holds).to.deep.equal([{ state: 'approved', decided_by: 'test' }]);
  });

  it('includes the recent IPOs when there are no stocks at all, but lets them season', async () => {
    await writeListings(test.database, TUESDAY, [{ symbol: 'NEW', cap: 1e10, listDate: TUESDAY }]);
    await sync(test.database, TUESDAY);
    await writeListings(
      test.database,
      WEDNESDAY,
      [...MARKET, { symbol: 'NEW', listDate: TUESDAY }].map((listing) => ({ ...listing, cap: null })),
    );

    await sync(test.database, WEDNESDAY);
    const withoutStocks = await readMembers(test.database, 'recent_ipos');
    await writeListings(test.database, THURSDAY, [...MARKET, { symbol: 'NEW', cap: 1e10, listDate: '2026-01-02' }]);
    await sync(test.database, THURSDAY);

    expect(withoutStocks).to.deep.equal(['NEW']);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
  });

  it('is settled when the data returns for the same session', async () => {
    const lists = await readLists();
    await writeListings(test.database, TUESDAY, WITHOUT_CAPS);
    await sync(test.database, TUESDAY);
    await writeListings(test.database, TUESDAY, MARKET);

    const report = await sync(test.database, TUESDAY);

    expect(report.held).to.equal(false);
    expect(await readOpenHolds(test.database)).to.deep.equal([]);
    expect(await readLists()).to.deep.equal(lists);
    const { rows } = await test.database.pool.query(
      'select distinct state, decided_by, decided_at is null as undecided, lifted_at is null as in_force from pipeline.hold',
    );
    expect(rows).to.deep.equal([{ state: 'rejected', decided_by: 'tickstock', undecided: false, in_force: false }]);
  });

  it('is settled when the data returns with a later session', async () => {
    await writeListings(test.database, MONDAY, WITHOUT_CAPS);
    await sync(test.database, MONDAY);
    await writeListings(test.database, TUESDAY, MARKET);

    await sync(test.database, TUESDAY);

    expect(await readOpenHolds(test.database)).to.deep.equal([]);
  });

  it('is open once for a universe, however many sessions it lasts', async () => {
    await writeListings(test.database, MONDAY, WITHOUT_CAPS);
    await sync(test.database, MONDAY);

    await sync(test.database, TUESDAY);

    const holds = await readOpenHolds(test.database);
    expect(holds.filter((hold) => hold.endsWith(' mega_cap'))).to.have.length(1);
  });
});
