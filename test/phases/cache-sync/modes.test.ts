import { expect } from 'chai';
import { RULES } from '../../../phases/cache-sync/universes/rules/index.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { configOf, MONDAY, sync, TUESDAY, writeListings } from '../../support/market.js';
import {
  listWritten,
  readCacheRows,
  readChanges,
  readMembers,
  readMembersAsOf,
  readVersions,
} from './publish/published-state.js';
import { CONFIG, MARKET, NEXT, useSyncedMonday, withThemes } from './modes-fixture.js';

describe('a mode of cache sync', () => {
  let test: TestDatabase;
  const { run, ...synced } = useSyncedMonday();

  beforeEach(() => {
    test = synced.test();
  });

  it('themes brings the themes up to date and touches no other row, membership or figure', async () => {
    const [rows, versions, caps] = [
      await readCacheRows(test.database),
      await readVersions(test.database),
      await readCaps(),
    ];
    await writeListings(test.database, MONDAY, NEXT);
    await test.database.pool.query(`update symbols set weighted_shares_outstanding = 1e9 where symbol = 'AAPL'`);

    const report = await run('themes', withThemes(['NVDA', 'AAPL']));

    expect(await readMembers(test.database, 'chips')).to.deep.equal(['AAPL', 'NVDA']);
    expect(listWritten(rows, await readCacheRows(test.database))).to.deep.equal([
      'stock_universe/themes/chips',
      'themes/Chips/list',
    ]);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'AMD', 'NVDA']);
    expect((await readVersions(test.database))['valuation']).to.deep.equal(versions['valuation']);
    expect(await readCaps()).to.deep.equal({ ...caps, AAPL: '100000000000', NEW: '500000000000', QQQ: null });
    expect(report.counters).to.include({ universes: 1, added: 1, removed: 1, held: 0 });
    expect(report.summary).to.match(/^only themes: 1 universe, 1 added, 1 removed/);
  });

  it('ipos brings the recent listings up to date, and gives the new member its figures', async () => {
    const rows = await readCacheRows(test.database);
    await writeListings(test.database, MONDAY, NEXT);

    const report = await run('ipos');

    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal(['NEW']);
    // NEW is an energy stock: the contract's map sends it on to two more lists.
    expect(listWritten(rows, await readCacheRows(test.database))).to.deep.equal([
      'stock_universe/ipo/commodity_related',
      'stock_universe/ipo/cyclical',
      'stock_universe/ipo/recent_ipos',
    ]);
    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['AAPL', 'AMD', 'NVDA']);
    expect(await readValuations()).to.deep.equal({ AAPL: 3e12, AMD: 3e11, NEW: 5e11, NVDA: 4e12, SPY: null });
    expect(report.counters).to.include({ universes: 14, added: 3, removed: 0 });
  });

  it('market_cap brings bands, rankings and lists up to date and leaves themes, listings and ETF groups alone', async () => {
    const rows = await readCacheRows(test.database);
    await writeListings(test.database, MONDAY, NEXT);

    const report = await run('market_cap', withThemes(['AAPL']));

    expect(await readMembers(test.database, 'mega_cap')).to.deep.equal(['NEW', 'NVDA']);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['AAPL']);
    expect(await readMembers(test.database, 'top_10_stocks')).to.deep.equal(['AAPL', 'NEW', 'NVDA']);
    expect(await readMembers(test.database, 'chips')).to.deep.equal(['AMD', 'NVDA']);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
    expect(await readMembers(test.database, 'etf_all')).to.deep.equal(['SPY']);
    expect(await readValuations()).to.deep.equal({ AAPL: 1e11, NEW: 5e11, NVDA: 4e12, QQQ: null, SPY: null });
    const written = listWritten(rows, await readCacheRows(test.database));
    expect(written).to.include.members([
      'etf_universe/complete/all_etfs',
      'stock_etf_combo/stock_etf_test/combo_test',
      'stock_stats/universe/summary',
      'stock_universe/complete/all_stocks',
      'stock_universe/sector_leaders/top_10_energy',
    ]);
    expect(written.filter((place) => /themes|\/ipo\/|ETFs\//.test(place))).to.deep.equal([]);
    expect(report.details['tasks']).to.have.all.keys('market_cap_recalculation', 'delisted_cleanup');
  });

  it('retires a theme that is not listed any more only where themes are synced', async () => {
    const other = configOf({ themes: [{ key: 'phones', title: 'Phones', symbols: ['AAPL'] }] });

    await run('market_cap', other);
    const afterMarketCap = await readMembers(test.database, 'chips');
    await run('themes', other, { force: true });

    expect(afterMarketCap).to.deep.equal(['AMD', 'NVDA']);
    expect(await readMembers(test.database, 'chips')).to.deep.equal([]);
    const rows = await readCacheRows(test.database);
    expect(rows.has('stock_universe/themes/chips')).to.equal(false);
    expect(rows.get('stock_universe/themes/phones')?.value).to.deep.equal(['AAPL']);
    expect(rows.has('stock_universe/market_cap/mega_cap')).to.equal(true);
  });

  it('one after the other come to what one full sync of the same input comes to', async () => {
    await writeListings(test.database, MONDAY, NEXT);
    for (const mode of ['themes', 'ipos', 'market_cap'] as const) await run(mode);

    const after = await run('full');

    const other = await createTestDatabase();
    await writeListings(other.database, MONDAY, MARKET);
    await sync(other.database, MONDAY, { config: CONFIG });
    await writeListings(other.database, MONDAY, NEXT);
    const alone = await sync(other.database, MONDAY, { config: CONFIG });
    const values = async ({ database }: TestDatabase): Promise<Record<string, unknown>> =>
      Object.fromEntries(
        [...(await readCacheRows(database))]
          .filter(([place]) => !place.startsWith('stock_stats/'))
          .map(([place, row]) => [place, row.value]),
      );
    expect(after.hashes?.['membership']).to.equal(alone.hashes?.['membership']);
    expect(await values(test)).to.deep.equal(await values(other));
    await other.drop();
  });

  it('reports the hash of all memberships, as a full sync of the same input does', async () => {
    const config = withThemes(['NVDA']);

    const part = await run('themes', config);
    const whole = await run('full', config);

    expect(part.changed).to.equal(true);
    expect(whole.changed).to.equal(false);
    expect(part.hashes?.['membership']).to.equal(whole.hashes?.['membership']);
  });

  it('repeats nothing that a full sync of the same input has done', async () => {
    const versions = await readVersions(test.database);

    const report = await run('themes');

    expect(report).to.include({ changed: false, held: false });
    expect(report.summary).to.equal('same input as the last time, nothing changed');
    expect(report.counters).to.include({ symbols: 4, stocks: 3, universes: 1, added: 0, removed: 0 });
    expect(await readVersions(test.database)).to.deep.equal(versions);
  });

  it('does not keep a full sync of the earlier input from undoing what it did', async () => {
    await run('themes', withThemes(['NVDA']));

    const report = await run('full');

    expect(report.changed).to.equal(true);
    expect(await readMembers(test.database, 'chips')).to.deep.equal(['AMD', 'NVDA']);
  });

  it('does not keep a full sync of the newer input from doing the rest', async () => {
    await writeListings(test.database, MONDAY, NEXT);
    await run('market_cap');

    await run('full');

    expect(await readMembers(test.database, 'chips')).to.deep.equal(['NVDA']);
    expect(await readMembers(test.database, 'etf_all')).to.deep.equal(['QQQ', 'SPY']);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal(['NEW']);
  });

  it('supersedes what the full sync believed, and keeps what was believed before', async () => {
    await run('full', CONFIG, { session: TUESDAY });
    const between = new Date();

    await run('themes', withThemes(['NVDA']), { session: TUESDAY });

    expect(await readMembersAsOf(test.database, 'chips', TUESDAY, between)).to.deep.equal(['AMD', 'NVDA']);
    expect(await readMembersAsOf(test.database, 'chips', TUESDAY)).to.deep.equal(['NVDA']);
    expect(await readMembersAsOf(test.database, 'chips', MONDAY)).to.deep.equal(['AMD', 'NVDA']);
    expect(await readChanges(test.database, 'chips')).to.include('AMD removed THEME_UNLISTED 2026-06-23');
  });

  async function readCaps(): Promise<Record<string, string | null>> {
    const { rows } = await test.database.pool.query<{ symbol: string; cap: string | null }>(
      'select symbol, market_cap as cap from symbols',
    );
    return Object.fromEntries(rows.map((row) => [row.symbol, row.cap]));
  }

  async function readValuations(): Promise<Record<string, number | null>> {
    const { rows } = await test.database.pool.query<{ symbol: string; cap: string | null }>(
      'select symbol, market_cap_usd as cap from pipeline.valuation where session = $1 order by symbol',
      [MONDAY],
    );
    return Object.fromEntries(rows.map((row) => [row.symbol, row.cap === null ? null : Number(row.cap)]));
  }
});

describe('the rules of cache sync', () => {
  it('belong to the tasks of the contract', () => {
    const tasks: Record<string, string[]> = {};
    for (const rule of RULES) (tasks[rule.task] ??= []).push(rule.id);

    const ofContract = {
      market_cap_recalculation: [
        'bands',
        'market-leaders',
        'sector-leaders',
        'industry-groups',
        'complete-lists',
        'combination',
        'statistics',
      ],
      theme_rebalancing: ['themes'],
      ipo_universe_assignment: ['recent-ipos'],
      etf_universe_maintenance: ['etf-categories'],
    };
    expect(tasks).to.have.all.keys(Object.keys(ofContract));
    for (const [task, rules] of Object.entries(ofContract)) expect(tasks[task]).to.include.members(rules);
  });
});
