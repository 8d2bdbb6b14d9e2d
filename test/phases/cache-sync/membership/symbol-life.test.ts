import { expect } from 'chai';
import { ImportPhase } from '../../../../phases/import/phase.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import { configOf, sync, type Listing } from '../../../support/market.js';
import { runPhase } from '../../../support/phase-context.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { readChanges, readMembers, readMembersAsOf } from '../publish/published-state.js';

/** Two months without a holiday but Good Friday, 2026-04-03. */
const SESSIONS = new TradingCalendar().between('2026-03-02' as SessionDate, '2026-04-30' as SessionDate);
const [FIRST, SECOND, THIRD, , FIFTH, SIXTH, SEVENTH, EIGHTH] = SESSIONS as [
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
  SessionDate,
];

const BIG: Listing = { symbol: 'BIG', cap: 50e9, sector: 'Energy', exchange: 'NYSE' };
const MID: Listing = { symbol: 'MID', cap: 5e9, sector: 'Energy', exchange: 'NYSE' };
const GONE: Listing = { symbol: 'GONE', cap: 20e9, sector: 'Energy', exchange: 'NYSE', shares: 2e9 };
const ALL = [BIG, MID, GONE];
const OTHERS = [BIG, MID];

const config = configOf({ universes: { delistAfterSessions: 5, reuseAfterSessions: 5 } });
/** Judges small markets too. */
const strict = configOf({ universes: config.universes, gates: { minSymbols: 0 } });

describe('the life of a symbol', () => {
  let test: TestDatabase;
  const evening = (session: SessionDate, listings: readonly Listing[]) =>
    runEvening(test.database, session, listings, { config });
  const evenings = async (sessions: readonly SessionDate[], listings: readonly Listing[]) => {
    for (const session of sessions) await evening(session, listings);
  };
  const query = async <Row extends Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> =>
    (await test.database.pool.query<Row>(text, values)).rows;
  const readSymbol = async (symbol: string) => {
    const [row] = await query('select active, delisted_date::text as delisted from symbols where symbol = $1', [
      symbol,
    ]);
    return row;
  };
  const readEvents = async (): Promise<unknown[]> => {
    const rows = await query<{ text: string }>(
      `select concat_ws(' ', session, symbol, event, reason) as text
       from pipeline.symbol_event where superseded_at is null order by id`,
    );
    return rows.map(({ text }) => text);
  };
  /** A host that writes bars and leaves `symbols` alone. */
  const writeBar = (session: SessionDate, symbol: string) =>
    query('insert into ohlcv_daily (symbol, date, close, volume) values ($1, $2, 10, 100)', [symbol, session]);
  const hostEvening = async (session: SessionDate, listings: readonly Listing[], ...symbols: string[]) => {
    for (const symbol of symbols) await writeBar(session, symbol);
    return evening(session, listings);
  };

  /** A replay of sessions that nothing was corrected of finds the same lives. */
  const assertReplayed = async (session: SessionDate) => {
    const state = async () => [
      await readEvents(),
      await query('select symbol, active, delisted_date::text from symbols order by 1'),
    ];
    const before = await state();
    const report = await sync(test.database, session, { config, replayFrom: FIRST });
    expect(report.counters).to.include({ corrected: 0 });
    expect(await state()).to.deep.equal(before);
  };

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('continues while it is absent from four sessions, and ends with the fifth; its history stays', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 5), OTHERS);
    const absent = await query(
      'select distinct exclusion, flags from pipeline.valuation where symbol = $1 and session > $2',
      ['GONE', FIRST],
    );
    const afterFour = [await readMembers(test.database, 'large_cap'), await readSymbol('GONE'), await readEvents()];

    const report = await evening(SIXTH, OTHERS);

    expect(absent).to.deep.equal([{ exclusion: null, flags: ['STALE_PRICE'] }]);
    expect(afterFour).to.deep.equal([['BIG', 'GONE'], { active: true, delisted: null }, []]);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['BIG']);
    expect(await readMembersAsOf(test.database, 'large_cap', FIFTH)).to.deep.equal(['BIG', 'GONE']);
    expect((await readChanges(test.database, 'large_cap')).at(-1)).to.equal(`GONE removed ABSENT ${SIXTH}`);
    expect(await readSymbol('GONE')).to.deep.equal({ active: false, delisted: SECOND });
    expect(await readEvents()).to.deep.equal([`${SIXTH} GONE delisted ABSENT`]);
    expect(await query('select detail from pipeline.symbol_event')).to.deep.equal([
      { detail: { last_session: FIRST } },
    ]);
    expect(report.counters).to.include({ delisted: 1, added: 0 });
    expect(report.details).to.deep.nested.include({
      'exclusions.INACTIVE': 1,
      'changesSummary.by_type': { delisting_cleanup: report.counters['removed'] },
    });
    const cleanups = (report.events ?? []).filter(({ event }) => event === 'delisting_cleanup');
    expect(cleanups.map(({ payload }) => [payload['removed_count'], payload['symbols']])).to.deep.equal([
      [1, ['GONE']],
    ]);
    await assertReplayGivesMembership(test.database);
    await assertProjectionShowsMembership(test.database);
  });

  it('is not counted down by sessions that are held', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 4), OTHERS);

    const held = await runEvening(test.database, FIFTH, [MID], { config: strict });
    await evening(SIXTH, OTHERS);
    const afterFourComplete = await readMembers(test.database, 'large_cap');
    await evening(SEVENTH, OTHERS);

    expect(held.summary).to.match(/^the session is held/);
    expect(afterFourComplete).to.deep.equal(['BIG', 'GONE']);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['BIG']);
    expect(await readEvents()).to.deep.equal([`${SEVENTH} GONE delisted ABSENT`]);
  });

  it('continues again with its first bar, also when nobody but this product ever says whether it is active', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 6), OTHERS);

    await hostEvening(SEVENTH, OTHERS, 'GONE');
    await hostEvening(EIGHTH, OTHERS, 'GONE');

    expect(await readSymbol('GONE')).to.deep.equal({ active: true, delisted: null });
    expect(await readEvents()).to.deep.equal([
      `${SIXTH} GONE delisted ABSENT`,
      `${SEVENTH} GONE relisted TRADES_AGAIN`,
    ]);
    expect((await readChanges(test.database, 'large_cap')).slice(-2)).to.deep.equal([
      `GONE removed ABSENT ${SIXTH}`,
      `GONE added CAP_ENTERED_BAND ${SEVENTH}`,
    ]);
    expect(await readMembers(test.database, 'recent_ipos')).to.deep.equal([]);
    expect(await readMembersAsOf(test.database, 'large_cap', SIXTH)).to.deep.equal(['BIG']);
    await assertReplayed(EIGHTH);
  });

  it('stays as it was found when its session is synced again, with other figures or by a mode that cleans up nothing', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 6), OTHERS);

    const again = await sync(test.database, SIXTH, { config });
    await sync(test.database, SIXTH, { config, mode: 'themes', force: true });
    const afterThemes = await readEvents();
    await evening(SIXTH, [BIG, { ...MID, cap: 6e9 }]);

    expect(again).to.include({ changed: false, summary: 'same input as the last time, nothing changed' });
    expect(afterThemes).to.deep.equal([`${SIXTH} GONE delisted ABSENT`]);
    expect(await readEvents()).to.deep.equal([`${SIXTH} GONE delisted ABSENT`]);
    await hostEvening(SEVENTH, OTHERS, 'GONE');
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['BIG', 'GONE']);
  });

  it('has not ended when its bar comes late to the session it was found absent in', async () => {
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 6), OTHERS);

    await hostEvening(SIXTH, OTHERS, 'GONE');

    expect(await readEvents()).to.deep.equal([]);
    expect(await readSymbol('GONE')).to.deep.equal({ active: true, delisted: null });
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['BIG', 'GONE']);
    await evening(SEVENTH, ALL);
    expect(await readMembersAsOf(test.database, 'large_cap', SEVENTH)).to.deep.equal(['BIG', 'GONE']);
  });

  it('begins anew for whoever has its symbol long after it ended', async () => {
    const [reused = FIRST, next = FIRST] = SESSIONS.slice(10);
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 6), OTHERS);

    await evening(reused, ALL);
    await evening(next, ALL);

    expect((await readEvents()).at(-1)).to.equal(`${reused} GONE reused TRADES_AGAIN`);
    expect(await readChanges(test.database, 'recent_ipos')).to.deep.equal([`GONE added IPO_FIRST_SEEN ${reused}`]);
    expect(await readMembers(test.database, 'cyclical')).to.deep.equal(['GONE']);
    await assertReplayed(next);
  });

  it('ends when it is reported inactive, with the day that was reported or that of the session', async () => {
    await evening(FIRST, ALL);

    await query(`update symbols set active = false where symbol = 'GONE'`);
    await query(`update symbols set delisted_date = '2026-02-27', active = false where symbol = 'MID'`);
    await evening(SECOND, [BIG]);
    await evening(THIRD, [BIG]);

    expect(await readSymbol('GONE')).to.deep.equal({ active: false, delisted: SECOND });
    expect(await readSymbol('MID')).to.deep.equal({ active: false, delisted: '2026-02-27' });
    expect(await readEvents()).to.have.members([
      `${SECOND} GONE delisted REPORTED_INACTIVE`,
      `${SECOND} MID delisted REPORTED_INACTIVE`,
    ]);
    expect((await readChanges(test.database, 'large_cap')).at(-1)).to.equal(`GONE removed INACTIVE ${SECOND}`);
  });

  it('ends once, also when universes that were held let go of it later', async () => {
    const cautious = configOf({ universes: config.universes, gates: { turnover: { minMembers: 1 } } });
    await evening(FIRST, ALL);
    await evenings(SESSIONS.slice(1, 5), OTHERS);
    await runEvening(test.database, SIXTH, OTHERS, { config: cautious });
    const whileHeld = await readMembers(test.database, 'large_cap');

    await runEvening(test.database, SEVENTH, OTHERS, { config: cautious, force: true });

    expect(whileHeld).to.deep.equal(['BIG', 'GONE']);
    expect((await readChanges(test.database, 'large_cap')).at(-1)).to.equal(`GONE removed INACTIVE ${SEVENTH}`);
    expect(await readEvents()).to.deep.equal([`${SIXTH} GONE delisted ABSENT`]);
    expect(await readSymbol('GONE')).to.deep.equal({ active: false, delisted: SECOND });
  });

  it('continues again when who reported it inactive reports it active', async () => {
    await evening(FIRST, ALL);
    await query(`update symbols set active = false where symbol = 'GONE'`);
    await evening(SECOND, OTHERS);
    await query(`update symbols set active = true where symbol = 'GONE'`);

    for (const symbol of ['BIG', 'MID', 'GONE']) await writeBar(THIRD, symbol);
    const existing = configOf({ universes: config.universes, import: { source: 'existing' } });
    await runPhase(new ImportPhase(test.database, existing, new TradingCalendar()), test.database, { session: THIRD });
    await sync(test.database, THIRD, { config });

    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['BIG', 'GONE']);
    expect(await readSymbol('GONE')).to.deep.equal({ active: true, delisted: null });
    expect((await readEvents()).at(-1)).to.equal(`${THIRD} GONE relisted TRADES_AGAIN`);
    await assertReplayed(THIRD);
  });

  it('is not touched by another name or another exchange', async () => {
    await evening(FIRST, ALL);
    const before = await query('select count(*)::int as changes from pipeline.membership_change');

    await evening(SECOND, [BIG, MID, { ...GONE, name: 'Renamed Inc.', exchange: 'NASDAQ' }]);

    expect(await query('select count(*)::int as changes from pipeline.membership_change')).to.deep.equal(before);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['BIG', 'GONE']);
    expect(await readEvents()).to.deep.equal([]);
  });

  it('begins among the recent IPOs, for a reason of its own, and seasons 30 days later', async () => {
    const listed: Listing = { symbol: 'DATED', cap: 3e9, sector: 'Technology', listDate: SECOND };
    const fresh = [
      { symbol: 'MARKED', cap: 30e9, sector: 'Health Care' },
      { symbol: 'SEEN', cap: 4e8 },
      // Known to be older than its first day in this feed.
      { symbol: 'MOVED', cap: 4e9, listDate: '2020-01-02' },
      listed,
    ];
    const seasoned = new TradingCalendar().nearest('2026-04-02' as SessionDate);

    await evening(FIRST, ALL);
    const atFirst = await readMembers(test.database, 'recent_ipos');
    await importListings(test.database, SECOND, [...ALL, ...fresh]);
    await query(`update pipeline.source_quote set is_first_day = true where symbol = 'MARKED'`);
    const report = await sync(test.database, SECOND, { config });
    const bands = await Promise.all(
      ['large_cap', 'mid_cap', 'small_cap'].map((key) => readMembers(test.database, key)),
    );
    const groups = await Promise.all(
      ['defensive_growth', 'tech_growth', 'small_cap_general'].map((key) => readMembers(test.database, key)),
    );
    await evening(seasoned, [...ALL, ...fresh]);
    const onLastDay = await readMembers(test.database, 'recent_ipos');
    await evening(new TradingCalendar().next(seasoned), [...ALL, ...fresh]);

    expect(atFirst).to.deep.equal([]);
    expect((await readChanges(test.database, 'recent_ipos')).slice(0, 3).toSorted()).to.deep.equal([
      `DATED added IPO_LISTED ${SECOND}`,
      `MARKED added IPO_FIRST_DAY ${SECOND}`,
      `SEEN added IPO_FIRST_SEEN ${SECOND}`,
    ]);
    expect(bands).to.deep.equal([['BIG', 'GONE', 'MARKED'], ['DATED', 'MID', 'MOVED'], ['SEEN']]);
    expect(groups).to.deep.equal([['MARKED'], ['DATED'], ['SEEN']]);
    expect(report.details).to.deep.nested.include({ 'reasons.IPO_FIRST_DAY': 2 });
    expect(onLastDay).to.deep.equal(['DATED', 'MARKED', 'SEEN']);
    expect(
      (await readChanges(test.database, 'recent_ipos')).slice(3).map((text) => text.split(' ').slice(1, 3).join(' ')),
    ).to.deep.equal(Array(3).fill('removed IPO_SEASONED'));
    expect(await readMembers(test.database, 'tech_growth')).to.deep.equal([]);
  });
});
