import { expect } from 'chai';
import { CacheSyncPhase } from '../../../../phases/cache-sync/phase.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { configOf, MONDAY, sync, TUESDAY, WEDNESDAY, writeListings, type Listing } from '../../../support/market.js';
import { readCacheRows, readChanges, readMembers, readMembersAsOf } from './published-state.js';
import { usePublishing, readTop10 } from './publish-fixture.js';

describe('publishing universes', () => {
  const given = usePublishing();

  it('retires an industry that fell out, deletes its row, and brings it back later', async () => {
    const config = configOf({ universes: { industryGroups: { groups: 1, minStocks: 2, size: 15 } } });
    const industry = (name: string, symbols: string): Listing[] =>
      Array.from(symbols, (symbol) => ({ symbol, cap: 1e9, industry: name }));
    const place = 'stock_universe/industry/oil_and_gas';
    await sync(given.test.database, MONDAY, { config });
    const first = (await readCacheRows(given.test.database)).get(place);

    await writeListings(given.test.database, TUESDAY, industry('Software', 'ABCD'));
    const second = await sync(given.test.database, TUESDAY, { config });
    const afterSecond = await readCacheRows(given.test.database);
    const membersAfterSecond = await readMembers(given.test.database, 'oil_and_gas');
    await writeListings(given.test.database, WEDNESDAY, industry('Oil & Gas', 'CD'));
    await sync(given.test.database, WEDNESDAY, { config });

    expect(first?.value).to.include({ count: 3 });
    expect((await readChanges(given.test.database, 'oil_and_gas')).at(-1)).to.include(
      'added INDUSTRY_RANK_IN 2026-06-24',
    );
    expect(second.details).to.deep.include({ retired: [place] });
    expect(afterSecond.has(place)).to.equal(false);
    expect(membersAfterSecond).to.deep.equal([]);
    expect((await readCacheRows(given.test.database)).get(place)?.value).to.include({ count: 5 });
    expect(await readMembers(given.test.database, 'oil_and_gas')).to.deep.equal(['C', 'D', 'MIDI', 'MINI', 'XOM']);
    expect(await readMembersAsOf(given.test.database, 'oil_and_gas', TUESDAY)).to.deep.equal([]);
    expect(await readMembersAsOf(given.test.database, 'oil_and_gas', MONDAY)).to.deep.equal(['MIDI', 'MINI', 'XOM']);
  });

  it('takes away the row under the former title of a theme', async () => {
    const withTitle = (title: string) => configOf({ themes: [{ key: 'oil', title, symbols: ['XOM'] }] });
    await sync(given.test.database, MONDAY, { config: withTitle('Oil') });

    await sync(given.test.database, TUESDAY, { config: withTitle('Crude oil') });

    const places = [...(await readCacheRows(given.test.database)).keys()].filter((place) =>
      place.startsWith('themes/'),
    );
    expect(places).to.deep.equal(['themes/Crude oil/list']);
  });

  it('holds sector lists of another size until a person has confirmed that they end', async () => {
    const withSize = (size: number) => configOf({ universes: { sectorLeaders: { size } } });
    await sync(given.test.database, MONDAY, { config: withSize(2) });

    const report = await sync(given.test.database, TUESDAY, { config: withSize(1) });
    const kept = await readMembers(given.test.database, 'top_2_energy');
    await sync(given.test.database, TUESDAY, { config: withSize(1), force: true });

    expect(report.held).to.equal(true);
    expect(kept).to.deep.equal(['MIDI', 'XOM']);
    expect(await readMembers(given.test.database, 'top_2_energy')).to.deep.equal([]);
    expect(await readMembers(given.test.database, 'top_1_energy')).to.deep.equal(['XOM']);
  });

  it('takes share counts that are no whole numbers, and a stale price limit of zero', async () => {
    await given.test.database.pool.query('alter table symbols alter column weighted_shares_outstanding type numeric');
    await given.test.database.pool.query(
      `update symbols set weighted_shares_outstanding = 300000000000.5 where symbol = 'AAPL'`,
    );
    await given.test.database.pool.query(`update symbols set weighted_shares_outstanding = 'NaN' where symbol = 'XOM'`);

    await sync(given.test.database, MONDAY, { config: configOf({ universes: { stalePriceSessions: 0 } }) });

    // 300,000,000,000.5 shares at 10 USD
    expect((await readTop10(given.test))[0]).to.include({ ticker: 'AAPL', market_cap: 3_000_000_000_005 });
    expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal(['AAPL', 'XOM']);
  });

  it('is refused for a session older than the one published', async () => {
    await sync(given.test.database, TUESDAY);
    const phase = new CacheSyncPhase(given.test.database, configOf(), new TradingCalendar());

    const refusal: unknown = await phase.assertRunnable(MONDAY).catch((error: unknown) => error);
    await phase.assertRunnable(TUESDAY);
    await phase.assertRunnable(WEDNESDAY);

    expect(refusal).to.include({ code: 'EOD_SESSION_NOT_NEWEST' });
    expect(refusal).to.have.property('message').that.includes(TUESDAY).and.includes(MONDAY);
  });
});
