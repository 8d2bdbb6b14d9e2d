import { expect } from 'chai';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { History } from '../../../../src/history/history.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import { configOf, MONDAY, sync, THURSDAY, TUESDAY, WEDNESDAY, type Listing } from '../../../support/market.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { readChanges, readMembers, readMembersAsOf } from '../publish/published-state.js';

const THEME = { key: 'lists_old', title: 'Lists OLD', symbols: ['OLD'] };
const config = configOf({ universes: { delistAfterSessions: 5, suspectCaps: { largeCapUsd: 1e12 } }, themes: [THEME] });
const strict = configOf({ universes: config.universes, gates: { minSymbols: 0 } });

const REST: readonly Listing[] = ['AAA', 'BBB', 'CCC'].map((symbol, index) => ({
  symbol,
  cap: 20_000_000_001 + index,
}));
/** 3,141,592,65 shares: no other company has as many. */
const OLD: Listing = { symbol: 'OLD', name: 'Old Name Corp. Common Stock', cap: 3_141_592_650, sector: 'Energy' };
const NEW: Listing = { ...OLD, symbol: 'NEW', name: 'New Name Inc.', close: 11, cap: 3_455_751_915 };
const NEWER: Listing = { ...NEW, symbol: 'NEWER', close: 12, cap: 3_769_911_180 };

describe('a security that changes its ticker', () => {
  let test: TestDatabase;
  const evening = (session: SessionDate, listings: readonly Listing[]) =>
    runEvening(test.database, session, [...REST, ...listings], { config });
  const query = async (text: string): Promise<unknown[]> =>
    (await test.database.pool.query<{ row: unknown }>(text)).rows.map(({ row }) => row);
  const readEvents = () =>
    query(
      `select concat_ws(' ', session, symbol, event, detail ->> 'to') as row
       from pipeline.symbol_event where superseded_at is null order by id`,
    );
  const readSince = (universe: string) =>
    query(`select symbol || ' ' || since as row from pipeline.universe_members('${universe}') order by symbol`);
  /** What a replay of the same sessions must leave as it is. */
  const readState = async () => [
    await readEvents(),
    await query('select (symbol, active, delisted_date)::text as row from symbols order by symbol'),
    await query(
      `select (universe_id, symbol, valid_from, valid_to, since)::text as row
       from pipeline.membership where known_to is null order by 1`,
    ),
  ];
  const assertReplayed = async (session: SessionDate) => {
    const before = await readState();
    const report = await sync(test.database, session, { config, replayFrom: MONDAY });
    expect(report.counters).to.include({ corrected: 0 });
    expect(await readState()).to.deep.equal(before);
  };

  beforeEach(async () => {
    test = await createTestDatabase();
    await evening(MONDAY, [OLD]);
  });

  afterEach(async () => {
    await test.drop();
  });

  it('stays a member of what it was in, since when it was, and is no new listing', async () => {
    const report = await evening(TUESDAY, [NEW]);

    expect(await readEvents()).to.deep.equal([`${TUESDAY} OLD renamed NEW`]);
    expect((await readChanges(test.database, 'mid_cap')).slice(-2)).to.deep.equal([
      `OLD removed RENAMED ${TUESDAY}`,
      `NEW added RENAMED ${TUESDAY}`,
    ]);
    expect(await readSince('mid_cap')).to.deep.equal([`NEW ${MONDAY}`]);
    expect(await readMembersAsOf(test.database, 'mid_cap', MONDAY)).to.deep.equal(['OLD']);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
    expect(await readMembers(test.database, 'lists_old')).to.deep.equal(['NEW']);
    expect(await query(`select active as row from symbols where symbol = 'OLD'`)).to.deep.equal([false]);
    expect(report.counters).to.not.include({ delisted: 1 });
    await assertReplayGivesMembership(test.database);
    await assertProjectionShowsMembership(test.database);
    await assertReplayed(TUESDAY);
  });

  it('is one security under either ticker, with what is known under both', async () => {
    await evening(TUESDAY, [NEW]);
    const history = new History(test.database, new TradingCalendar());

    const [present, former, before, symbol, symbolBefore] = [
      await history.security('NEW'),
      await history.security('OLD'),
      await history.security('OLD', { asOf: MONDAY }),
      await history.symbol('OLD'),
      await history.symbol('OLD', { asOf: MONDAY }),
    ];

    const tickers = [
      { ticker: 'OLD', from: MONDAY, to: MONDAY },
      { ticker: 'NEW', from: TUESDAY, to: null },
    ];
    expect([present, former, before].map((each) => each.tickers)).to.deep.equal([tickers, tickers, tickers]);
    expect(present).to.include({ symbol: 'NEW', askedTicker: 'NEW', presentTicker: null });
    expect(former).to.include({ symbol: 'NEW', askedTicker: 'OLD', presentTicker: null });
    expect(before).to.include({ symbol: 'OLD', askedTicker: 'OLD', presentTicker: 'NEW' });
    expect(before.universes.map(({ universe }) => universe)).to.include('mid_cap');
    expect([symbol.presentTicker, symbolBefore.presentTicker]).to.deep.equal(['NEW', 'NEW']);
  });

  it('is no new listing while its market cap, which tells it apart, is not known', async () => {
    await evening(TUESDAY, [{ ...NEW, cap: null }]);
    const waiting = await readMembers(test.database, 'recent_ipos');
    await evening(WEDNESDAY, [NEW]);

    expect(waiting).to.deep.equal([]);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
    expect(await readEvents()).to.deep.equal([`${WEDNESDAY} OLD renamed NEW`]);
    await assertReplayed(WEDNESDAY);
  });

  it('is a new listing at once where no security left at such a price', async () => {
    await evening(TUESDAY, [OLD, { ...NEW, cap: null }]);
    const beside = await readMembers(test.database, 'recent_ipos');
    await evening(WEDNESDAY, [{ symbol: 'DEAR', close: 900, cap: null }]);

    expect(beside).to.deep.equal(['NEW']);
    expect(await readMembers(test.database, 'recent_ipos')).to.include('DEAR');
  });

  it('is told to readers as a rename, of the security and of each universe', async () => {
    const { events = [] } = await evening(TUESDAY, [NEW]);

    const renamed = events.filter(({ event }) => event === 'security_renamed');
    const updated = events.filter(({ event }) => event === 'universe_updated').map(({ payload }) => payload);
    const band = updated.find(({ universe }) => universe === 'mid_cap');
    expect(renamed.map(({ payload }) => payload)).to.deep.equal([
      { from: 'OLD', to: 'NEW', name: 'New Name Inc.', session: TUESDAY },
    ]);
    expect(band)
      .to.include({ reason: 'RENAMED', count: 1 })
      .and.to.deep.include({ added: ['NEW'], removed: ['OLD'] });
    expect(band?.['metadata']).to.deep.include({ renamed: [{ from: 'OLD', to: 'NEW' }] });
    expect(events.filter(({ event }) => event === 'ipo_assigned' || event === 'delisting_cleanup')).to.deep.equal([]);
  });

  it('goes on over several changes', async () => {
    await evening(TUESDAY, [NEW]);
    await evening(WEDNESDAY, [NEWER]);
    await evening(THURSDAY, [NEWER]);

    expect(await readEvents()).to.deep.equal([`${TUESDAY} OLD renamed NEW`, `${WEDNESDAY} NEW renamed NEWER`]);
    expect(await readSince('mid_cap')).to.deep.equal([`NEWER ${MONDAY}`]);
    expect(await readMembers(test.database, 'lists_old')).to.deep.equal(['NEWER']);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
    await assertReplayed(THURSDAY);
  });

  it('leaves a universe for the reason of its rule', async () => {
    const other: Listing = { symbol: 'MID', cap: 3e9 };
    await evening(TUESDAY, [other]);
    await evening(WEDNESDAY, [other, OLD]);
    await evening(THURSDAY, [other, { ...NEW, symbol: 'FALLEN', close: 5, cap: 1_570_796_325 }]);

    expect((await readChanges(test.database, 'mid_cap')).at(-1)).to.equal(`OLD removed CAP_LEFT_BAND ${THURSDAY}`);
    expect(await readMembers(test.database, 'small_cap')).to.deep.equal(['FALLEN']);
    await assertReplayGivesMembership(test.database);
  });

  it('leaves its former ticker to another company, which inherits nothing', async () => {
    await evening(TUESDAY, [NEW]);
    await evening(WEDNESDAY, [NEW, { symbol: 'OLD', name: 'Unrelated plc', cap: 45e9, close: 90 }]);

    expect(await readEvents()).to.deep.equal([`${TUESDAY} OLD renamed NEW`, `${WEDNESDAY} OLD reused`]);
    expect(await readMembers(test.database, 'mid_cap')).to.deep.equal(['NEW']);
    expect(await readSince('large_cap')).to.include(`OLD ${WEDNESDAY}`);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal(['OLD']);
    await assertReplayed(WEDNESDAY);
  });

  it('is found in the session after one that was held', async () => {
    const held = await runEvening(test.database, TUESDAY, [NEW], { config: strict });
    await evening(WEDNESDAY, [NEW]);

    expect(held.summary).to.match(/^the session is held/);
    expect(await readEvents()).to.deep.equal([`${WEDNESDAY} OLD renamed NEW`]);
    expect(await readSince('mid_cap')).to.deep.equal([`NEW ${MONDAY}`]);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
  });

  it('is not found in two tickers of which one was there before', async () => {
    await evening(TUESDAY, [OLD, NEW]);
    await evening(WEDNESDAY, [NEW]);

    expect(await readEvents()).to.deep.equal([]);
  });
});
