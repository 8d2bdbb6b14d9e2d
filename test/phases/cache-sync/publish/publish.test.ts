import { expect } from 'chai';
import { ANY_CAP, configOf, MONDAY, sync, TUESDAY, writeListings } from '../../../support/market.js';
import {
  listWritten,
  readCacheRows,
  readChanges,
  readMembers,
  readMembersAsOf,
  readVersions,
} from './published-state.js';
import { usePublishing, MARKET } from './publish-fixture.js';

/** Rows of the rules that the consumer's contract names, whichever others are registered. */
const OF_CONTRACT =
  /\/(market_cap|market_leaders|sector_leaders|industry|themes|ipo|complete|stock_etf_test|universe|[\w ]+ETFs)\//;

describe('publishing', () => {
  const given = usePublishing();

  it('fills memberships, audit, valuations and cache_entries the first time', async () => {
    const report = await sync(given.test.database, MONDAY);

    expect(report).to.include({ changed: true, held: false });
    expect(report.counters).to.include({ symbols: 5, stocks: 4, removed: 0, held: 0 });
    expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal(['AAPL', 'XOM']);
    expect(await readChanges(given.test.database, 'mega_cap')).to.deep.equal([
      'AAPL added FIRST_PUBLISH 2026-06-22',
      'XOM added FIRST_PUBLISH 2026-06-22',
    ]);
    expect((await readCacheRows(given.test.database)).get('stock_universe/complete/all_stocks')?.value).to.deep.equal([
      'AAPL',
      'XOM',
      'MIDI',
      'MINI',
    ]);
    const { rows } = await given.test.database.pool.query(
      `select symbol, market_cap_usd, source, rank, exclusion from pipeline.valuation where rank is null or rank = 1 order by 1`,
    );
    expect(rows).to.deep.equal([
      { symbol: 'AAPL', market_cap_usd: '3000000000000', source: 'source_market_cap', rank: 1, exclusion: null },
      { symbol: 'SPY', market_cap_usd: null, source: 'none', rank: null, exclusion: 'NOT_COMMON' },
    ]);
  });

  it('of the same input again writes nothing, and says so', async () => {
    await sync(given.test.database, MONDAY);
    const [before, versions] = [await readCacheRows(given.test.database), await readVersions(given.test.database)];

    const report = await sync(given.test.database, MONDAY);

    expect(report).to.include({ changed: false, held: false });
    expect(report.counters).to.include({ stocks: 4, added: 0, removed: 0, rowsWritten: 0 });
    expect(await readCacheRows(given.test.database)).to.deep.equal(before);
    expect(await readVersions(given.test.database)).to.deep.equal(versions);
  });

  it('of the same input again writes nothing either when the first sync rewrote market caps', async () => {
    await writeListings(given.test.database, MONDAY, [{ symbol: 'NEWCAP', cap: null, shares: 1e8, close: 30 }]);
    await sync(given.test.database, MONDAY);
    const versions = await readVersions(given.test.database);

    const report = await sync(given.test.database, MONDAY);

    expect(report.changed).to.equal(false);
    expect(await readVersions(given.test.database)).to.deep.equal(versions);
  });

  it('of the next session with the same figures writes no row of cache_entries and no membership', async () => {
    await sync(given.test.database, MONDAY);
    const before = await readCacheRows(given.test.database);
    await writeListings(given.test.database, TUESDAY, MARKET);

    const report = await sync(given.test.database, TUESDAY);

    expect(report.changed).to.equal(false);
    expect(report.counters).to.include({ added: 0, removed: 0, rowsWritten: 0 });
    expect(await readCacheRows(given.test.database)).to.deep.equal(before);
  });

  it('of a changed market cap writes the rows that show it and no other', async () => {
    await sync(given.test.database, MONDAY);
    const before = await readCacheRows(given.test.database);
    await writeListings(given.test.database, TUESDAY, [{ ...MARKET[2], symbol: 'MIDI', cap: 4e9 }]);

    const report = await sync(given.test.database, TUESDAY);

    const written = listWritten(before, await readCacheRows(given.test.database));
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
    await sync(given.test.database, MONDAY, { config });
    await writeListings(given.test.database, TUESDAY, [{ symbol: 'XOM', cap: 1e11 }]);

    await sync(given.test.database, TUESDAY, { config });

    expect(await readChanges(given.test.database, 'mega_cap')).to.deep.equal([
      'AAPL added FIRST_PUBLISH 2026-06-22',
      'XOM added FIRST_PUBLISH 2026-06-22',
      'XOM removed CAP_LEFT_BAND 2026-06-23',
    ]);
    expect(await readChanges(given.test.database, 'large_cap')).to.deep.equal([
      'XOM added CAP_ENTERED_BAND 2026-06-23',
    ]);
    expect(await readMembersAsOf(given.test.database, 'mega_cap', '2026-06-19')).to.deep.equal([]);
    expect(await readMembersAsOf(given.test.database, 'mega_cap', MONDAY)).to.deep.equal(['AAPL', 'XOM']);
    expect(await readMembersAsOf(given.test.database, 'mega_cap', TUESDAY)).to.deep.equal(['AAPL']);
    expect(await readMembersAsOf(given.test.database, 'large_cap', TUESDAY)).to.deep.equal(['XOM']);
    expect(await readMembersAsOf(given.test.database, 'large_cap', '2030-01-02')).to.deep.equal(['XOM']);
  });
});
