import { expect } from 'chai';
import { CacheSyncPhase } from '../../../../phases/cache-sync/phase.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import {
  ANY_CAP,
  configOf,
  FRIDAY,
  MONDAY,
  sync,
  THURSDAY,
  TUESDAY,
  WEDNESDAY,
  writeListings,
  type Listing,
} from '../../../support/market.js';
import {
  listWritten,
  readCacheRows,
  readChanges,
  readMembers,
  readMembersAsOf,
  readVersions,
} from './published-state.js';

const MARKET: readonly Listing[] = [
  { symbol: 'AAPL', name: 'Apple', cap: 3e12, sector: 'Technology', industry: 'Hardware', exchange: 'NASDAQ' },
  { symbol: 'XOM', name: 'Exxon', cap: 5e11, sector: 'Energy', industry: 'Oil & Gas', exchange: 'NYSE' },
  { symbol: 'MIDI', name: 'Midi', cap: 3e9, sector: 'Energy', industry: 'Oil & Gas', exchange: 'NYSE' },
  { symbol: 'MINI', name: 'Mini', cap: 6e7, sector: 'Energy', industry: 'Oil & Gas', exchange: 'NYSE' },
  { symbol: 'SPY', name: 'SPDR', type: 'ETF' },
];

/** Rows of the rules that the consumer's contract names, whichever others are registered. */
const OF_CONTRACT =
  /\/(market_cap|market_leaders|sector_leaders|industry|themes|ipo|complete|stock_etf_test|universe|[\w ]+ETFs)\//;

describe('publishing', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, MARKET);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('fills memberships, audit, valuations and cache_entries the first time', async () => {
    const report = await sync(test.database, MONDAY);

    expect(report).to.include({ changed: true, held: false });
    expect(report.counters).to.include({ symbols: 5, stocks: 4, removed: 0, held: 0 });
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'XOM']);
    expect(await readChanges(test.database, 'mega_cap')).to.deep.equal([
      'AAPL added FIRST_PUBLISH 2026-06-22',
      'XOM added FIRST_PUBLISH 2026-06-22',
    ]);
    expect((await readCacheRows(test.database)).get('stock_universe/complete/all_stocks')?.value).to.deep.equal([
      'AAPL',
      'XOM',
      'MIDI',
      'MINI',
    ]);
    const { rows } = await test.database.pool.query(
      `select symbol, market_cap_usd, source, rank, exclusion from pipeline.valuation where rank is null or rank = 1 order by 1`,
    );
    expect(rows).to.deep.equal([
      { symbol: 'AAPL', market_cap_usd: '3000000000000', source: 'source_market_cap', rank: 1, exclusion: null },
      { symbol: 'SPY', market_cap_usd: null, source: 'none', rank: null, exclusion: 'NOT_COMMON' },
    ]);
  });

  it('of the same input again writes nothing, and says so', async () => {
    await sync(test.database, MONDAY);
    const [before, versions] = [await readCacheRows(test.database), await readVersions(test.database)];

    const report = await sync(test.database, MONDAY);

    expect(report).to.include({ changed: false, held: false });
    expect(report.counters).to.include({ stocks: 4, added: 0, removed: 0, rowsWritten: 0 });
    expect(await readCacheRows(test.database)).to.deep.equal(before);
    expect(await readVersions(test.database)).to.deep.equal(versions);
  });

  it('of the same input again writes nothing either when the first sync rewrote market caps', async () => {
    await writeListings(test.database, MONDAY, [{ symbol: 'NEWCAP', cap: null, shares: 1e8, close: 30 }]);
    await sync(test.database, MONDAY);
    const versions = await readVersions(test.database);

    const report = await sync(test.database, MONDAY);

    expect(report.changed).to.equal(false);
    expect(await readVersions(test.database)).to.deep.equal(versions);
  });

  it('of the next session with the same figures writes no row of cache_entries and no membership', async () => {
    await sync(test.database, MONDAY);
    const before = await readCacheRows(test.database);
    await writeListings(test.database, TUESDAY, MARKET);

    const report = await sync(test.database, TUESDAY);

    expect(report.changed).to.equal(false);
    expect(report.counters).to.include({ added: 0, removed: 0, rowsWritten: 0 });
    expect(await readCacheRows(test.database)).to.deep.equal(before);
  });

  it('of a changed market cap writes the rows that show it and no other', async () => {
    await sync(test.database, MONDAY);
    const before = await readCacheRows(test.database);
    await writeListings(test.database, TUESDAY, [{ ...MARKET[2], symbol: 'MIDI', cap: 4e9 }]);

    const report = await sync(test.database, TUESDAY);

    const written = listWritten(before, await readCacheRows(test.database));
    expect(written.filter((row) => OF_CONTRACT.test(row))).to.deep.equal([
      'stock_etf_combo/stock_etf_test/combo_test_detailed',
      'stock_stats/universe/summary',
      'stock_universe/complete/top_1000',
      'stock_universe/industry/oil_and_gas',
      'stock_universe/market_cap/mid_cap',
      'stock_universe/market_leaders/top_100',
      'stock_universe/market_leaders/top_1000',
      'stock_universe/market_leaders/top_10_stocks',
      'stock_universe/market_leaders/top_2000',
      'stock_universe/market_leaders/top_250',
      'stock_universe/market_leaders/top_50',
      'stock_universe/market_leaders/top_500',
      'stock_universe/sector_leaders/top_10_energy',
    ]);
    expect(report.counters['rowsWritten']).to.equal(written.length);
  });

  it('moves a stock between bands with the reasons, and answers who belonged when', async () => {
    const config = configOf({ universes: ANY_CAP });
    await sync(test.database, MONDAY, { config });
    await writeListings(test.database, TUESDAY, [{ symbol: 'XOM', cap: 1e11 }]);

    await sync(test.database, TUESDAY, { config });

    expect(await readChanges(test.database, 'mega_cap')).to.deep.equal([
      'AAPL added FIRST_PUBLISH 2026-06-22',
      'XOM added FIRST_PUBLISH 2026-06-22',
      'XOM removed CAP_LEFT_BAND 2026-06-23',
    ]);
    expect(await readChanges(test.database, 'large_cap')).to.deep.equal(['XOM added CAP_ENTERED_BAND 2026-06-23']);
    expect(await readMembersAsOf(test.database, 'mega_cap', '2026-06-19')).to.deep.equal([]);
    expect(await readMembersAsOf(test.database, 'mega_cap', MONDAY)).to.deep.equal(['AAPL', 'XOM']);
    expect(await readMembersAsOf(test.database, 'mega_cap', TUESDAY)).to.deep.equal(['AAPL']);
    expect(await readMembersAsOf(test.database, 'large_cap', TUESDAY)).to.deep.equal(['XOM']);
    expect(await readMembersAsOf(test.database, 'large_cap', '2030-01-02')).to.deep.equal(['XOM']);
  });

  it('removes stocks that are inactive or delisted, and not those only absent from the session', async () => {
    await sync(test.database, MONDAY);
    await writeListings(test.database, TUESDAY, [
      { symbol: 'AAPL', cap: 3e12, active: false },
      { symbol: 'XOM', cap: 5e11, delistedDate: TUESDAY },
      { symbol: 'MIDI', cap: 3e9, delistedDate: WEDNESDAY },
    ]);

    await sync(test.database, TUESDAY, { force: true });

    expect(await readMembers(test.database, 'all_stocks')).to.deep.equal([]);
    const { rows } = await test.database.pool.query(
      `select distinct c.symbol, c.reason from pipeline.membership_change c where session = $1 and action = 'removed' order by 1`,
      [TUESDAY],
    );
    expect(rows).to.deep.include.members([
      { symbol: 'AAPL', reason: 'INACTIVE' },
      { symbol: 'XOM', reason: 'INACTIVE' },
    ]);
    expect(await readMembers(test.database, 'top_10_stocks')).to.deep.equal(['MIDI', 'MINI']);
  });

  it('leaves out stocks not listed yet, and those whose price and market cap say nothing', async () => {
    await writeListings(test.database, MONDAY, [
      { symbol: 'SOON', cap: 1e12, listDate: TUESDAY },
      { symbol: 'NAN', cap: null, shares: 1e9, close: 'NaN' },
      { symbol: 'NANCAP', cap: 1e12, shares: 1e9, close: 'NaN' },
      { symbol: 'NOCAP', cap: null, close: 50 },
      { symbol: 'ZERO', cap: 0 },
    ]);

    await sync(test.database, MONDAY);

    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'NANCAP', 'XOM']);
    const { rows } = await test.database.pool.query(
      `select symbol, exclusion from pipeline.valuation where exclusion is not null order by 1`,
    );
    expect(rows).to.deep.equal([
      { symbol: 'NAN', exclusion: 'NO_MARKET_CAP' },
      { symbol: 'NOCAP', exclusion: 'NO_MARKET_CAP' },
      { symbol: 'SOON', exclusion: 'NOT_LISTED_YET' },
      { symbol: 'SPY', exclusion: 'NOT_COMMON' },
      { symbol: 'ZERO', exclusion: 'NO_MARKET_CAP' },
    ]);
  });

  it('values a stock that did not trade with a close of at most three sessions ago', async () => {
    await writeListings(test.database, MONDAY, [{ symbol: 'QUIET', cap: null, shares: 1e9, close: 30 }]);
    await test.database.pool.query(`update symbols set market_cap = null where symbol = 'QUIET'`);

    await sync(test.database, THURSDAY);
    const onThirdSession = await readMembers(test.database, 'large_cap');
    await test.database.pool.query(`update symbols set market_cap = null where symbol = 'QUIET'`);
    await sync(test.database, FRIDAY, { force: true });

    expect(onThirdSession).to.deep.equal(['QUIET']);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal([]);
  });

  it('rewrites symbols.market_cap only where it moved by more than 5 %', async () => {
    const moved = (symbol: string, close: number, cap: number | null): Listing => ({ symbol, close, cap, shares: 1e9 });
    await writeListings(test.database, MONDAY, [
      moved('UP5', 105, 100e9),
      moved('UP6', 106, 100e9),
      moved('DOWN5', 95, 100e9),
      moved('DOWN6', 94, 100e9),
      moved('NONE', 94, null),
      { symbol: 'NOSHARES', close: 50, cap: 7e9 },
    ]);

    const report = await sync(test.database, MONDAY);

    const { rows } = await test.database.pool.query<{ symbol: string; cap: string }>(
      `select symbol, market_cap as cap from symbols where symbol ~ 'UP|DOWN|NO' order by 1`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.symbol, Number(row.cap)]))).to.deep.equal({
      UP5: 100e9,
      UP6: 106e9,
      DOWN5: 100e9,
      DOWN6: 94e9,
      NONE: 94e9,
      NOSHARES: 7e9,
    });
    expect(report.counters['marketCapsRewritten']).to.equal(3);
  });

  it('takes market caps up to what a bigint holds', async () => {
    await writeListings(test.database, MONDAY, [
      { symbol: 'HUGE', cap: '9000000000000000000' },
      { symbol: 'QUINT', cap: '1000000000000000000' },
      { symbol: 'MADE', cap: null, close: 1_000_000, shares: '2000000000000' },
    ]);

    await sync(test.database, MONDAY);

    const stocks = await readTop10(test);
    expect(stocks.slice(0, 3).map((stock) => [stock.ticker, stock.market_cap])).to.deep.equal([
      ['HUGE', 9e18],
      ['MADE', 2e18],
      ['QUINT', 1e18],
    ]);
  });

  for (const [what, listing] of [
    ['a common stock with a market cap', { symbol: 'BAD', cap: 1e9, close: 1_000_000, shares: '90000000000000' }],
    ['a preferred with a market cap', { symbol: 'BAD', type: 'PFD', close: 1_000_000, shares: '90000000000000' }],
    ['a dollar volume', { symbol: 'BAD', cap: 1e9, close: 1_000_000, volume: '9000000000000000000' }],
  ] as const) {
    it(`is not stopped by ${what} that no bigint holds`, async () => {
      await writeListings(test.database, MONDAY, [listing]);

      await sync(test.database, MONDAY);

      expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'XOM']);
    });
  }

  it('takes a symbols table whose market cap is a numeric', async () => {
    await test.database.pool.query('alter table symbols alter column market_cap type numeric');
    await test.database.pool.query(`update symbols set market_cap = market_cap + 0.5`);
    await test.database.pool.query(`insert into symbols (symbol, type, market_cap) values ('NAN', 'CS', 'NaN')`);

    await sync(test.database, MONDAY);

    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'XOM']);
  });

  it('carries symbols and names through unchanged, whatever characters they have', async () => {
    const odd: readonly Listing[] = [
      { symbol: `Q'"`, name: `O'Neil "Quotes"`, cap: 9e12 },
      { symbol: 'B\\n\\', name: 'Back\\slash \\N \\.', cap: 8e12 },
      { symbol: 'A,B;{C}', name: 'tab\tnew\nline', cap: 7e12 },
      { symbol: 'TWENTYCHARACTERS-LNG', name: 'Ünïcødé 株式会社 🚀', cap: 6e12 },
      { symbol: '株 $1 %s', name: '\\', cap: 5e12 },
    ];
    await writeListings(test.database, MONDAY, odd);

    await sync(test.database, MONDAY);

    const stocks = await readTop10(test);
    expect(stocks.slice(0, 5).map(({ ticker, name }) => ({ symbol: ticker, name }))).to.deep.equal(
      odd.map(({ symbol, name }) => ({ symbol, name })),
    );
    const members = await readMembers(test.database, 'top_10_stocks');
    expect(members).to.include.members(odd.map((listing) => listing.symbol));
    await sync(test.database, TUESDAY);
    expect(await readMembers(test.database, 'top_10_stocks')).to.deep.equal(members);
  });

  it('retires an industry that fell out, deletes its row, and brings it back later', async () => {
    const config = configOf({ universes: { industryGroups: { groups: 1, minStocks: 2, size: 15 } } });
    const industry = (name: string, symbols: string): Listing[] =>
      Array.from(symbols, (symbol) => ({ symbol, cap: 1e9, industry: name }));
    const place = 'stock_universe/industry/oil_and_gas';
    await sync(test.database, MONDAY, { config });
    const first = (await readCacheRows(test.database)).get(place);

    await writeListings(test.database, TUESDAY, industry('Software', 'ABCD'));
    const second = await sync(test.database, TUESDAY, { config });
    const afterSecond = await readCacheRows(test.database);
    const membersAfterSecond = await readMembers(test.database, 'oil_and_gas');
    await writeListings(test.database, WEDNESDAY, industry('Oil & Gas', 'CD'));
    await sync(test.database, WEDNESDAY, { config });

    expect(first?.value).to.include({ count: 3 });
    expect((await readChanges(test.database, 'oil_and_gas')).at(-1)).to.include('added INDUSTRY_RANK_IN 2026-06-24');
    expect(second.details).to.deep.include({ retired: [place] });
    expect(afterSecond.has(place)).to.equal(false);
    expect(membersAfterSecond).to.deep.equal([]);
    expect((await readCacheRows(test.database)).get(place)?.value).to.include({ count: 5 });
    expect(await readMembers(test.database, 'oil_and_gas')).to.deep.equal(['C', 'D', 'MIDI', 'MINI', 'XOM']);
    expect(await readMembersAsOf(test.database, 'oil_and_gas', TUESDAY)).to.deep.equal([]);
    expect(await readMembersAsOf(test.database, 'oil_and_gas', MONDAY)).to.deep.equal(['MIDI', 'MINI', 'XOM']);
  });

  it('takes away the row under the former title of a theme', async () => {
    const withTitle = (title: string) => configOf({ themes: [{ key: 'oil', title, symbols: ['XOM'] }] });
    await sync(test.database, MONDAY, { config: withTitle('Oil') });

    await sync(test.database, TUESDAY, { config: withTitle('Crude oil') });

    const places = [...(await readCacheRows(test.database)).keys()].filter((place) => place.startsWith('themes/'));
    expect(places).to.deep.equal(['themes/Crude oil/list']);
  });

  it('retires sector lists of another size instead of holding them', async () => {
    const withSize = (size: number) => configOf({ universes: { sectorLeaders: { size } } });
    await sync(test.database, MONDAY, { config: withSize(2) });

    const report = await sync(test.database, TUESDAY, { config: withSize(1) });

    expect(report.held).to.equal(false);
    expect(await readMembers(test.database, 'top_2_energy')).to.deep.equal([]);
    expect(await readMembers(test.database, 'top_1_energy')).to.deep.equal(['XOM']);
  });

  it('takes share counts that are no whole numbers, and a stale price limit of zero', async () => {
    await test.database.pool.query('alter table symbols alter column weighted_shares_outstanding type numeric');
    await test.database.pool.query(
      `update symbols set weighted_shares_outstanding = 300000000000.5 where symbol = 'AAPL'`,
    );
    await test.database.pool.query(`update symbols set weighted_shares_outstanding = 'NaN' where symbol = 'XOM'`);

    await sync(test.database, MONDAY, { config: configOf({ universes: { stalePriceSessions: 0 } }) });

    // 300,000,000,000.5 shares at 10 USD
    expect((await readTop10(test))[0]).to.include({ ticker: 'AAPL', market_cap: 3_000_000_000_005 });
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'XOM']);
  });

  it('is refused for a session older than the one published', async () => {
    await sync(test.database, TUESDAY);
    const phase = new CacheSyncPhase(test.database, configOf(), new TradingCalendar());

    const refusal: unknown = await phase.assertRunnable(MONDAY).catch((error: unknown) => error);
    await phase.assertRunnable(TUESDAY);
    await phase.assertRunnable(WEDNESDAY);

    expect(refusal).to.include({ code: 'EOD_SESSION_NOT_NEWEST' });
    expect(refusal).to.have.property('message').that.includes(TUESDAY).and.includes(MONDAY);
  });
});

async function readTop10(test: TestDatabase): Promise<{ ticker: string; name: string; market_cap: number }[]> {
  const { rows } = await test.database.pool.query<{ stock: { ticker: string; name: string; market_cap: number } }>(
    `select jsonb_array_elements(value -> 'stocks') as stock from cache_entries where key = 'top_10_stocks'`,
  );
  return rows.map((row) => row.stock);
}
