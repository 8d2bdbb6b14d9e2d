import { expect } from 'chai';
import { CACHE_SYNC_EVENTS } from '../../../../phases/cache-sync/publish/events.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { CACHE_TASKS } from '../../../../src/events/catalogue/index.js';
import { FACTS, payloadsOf } from '../../../support/events.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import {
  ANY_CAP,
  configOf,
  MONDAY,
  sync,
  THURSDAY,
  TUESDAY,
  WEDNESDAY,
  type Listing,
} from '../../../support/market.js';
import { assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { listWritten, readCacheRows, readMembers, readMembersAsOf } from '../publish/published-state.js';

const config = configOf({
  gates: { turnover: { minMembers: 50 } },
  universes: { ...ANY_CAP, combination: { stocks: 10 } },
  themes: [{ key: 'ai', title: 'AI', symbols: ['S000'] }],
});

const SYMBOLS = Array.from({ length: 600 }, (_, index) => `S${String(index).padStart(3, '0')}`);
const SECTORS = ['Technology', 'Energy', 'Finance'];

/** Large caps all of them, S000 the largest: every stock has the same price, and each a million shares more than the next. */
function marketAt(close: number, rankOf: (index: number) => number = (index) => index): Listing[] {
  return SYMBOLS.map((symbol, index) => {
    const shares = (1200 - rankOf(index)) * 1e6;
    const exchange = index % 2 === 0 ? 'NYSE' : 'NASDAQ';
    return { symbol, close, shares, cap: (1200 - index) * 20e6, sector: SECTORS[index % 3] ?? null, exchange };
  });
}

const reversed = (index: number): number => 599 - index;

describe('gates', () => {
  let test: TestDatabase;
  const query = async (text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> =>
    (await test.database.pool.query<Record<string, unknown>>(text, values)).rows;
  const evening = (session: SessionDate, listings: readonly Listing[]) =>
    runEvening(test.database, session, listings, { config });
  const readHolds = () =>
    query(
      `select h.session::text, h.gate, u.key, h.state, h.decided_by as by from pipeline.hold h
       left join pipeline.universe u on u.id = h.universe_id order by h.id`,
    );
  const readCaps = () => query('select symbol, market_cap from symbols order by 1');

  beforeEach(async () => {
    test = await createTestDatabase();
    await evening(MONDAY, marketAt(20));
    await evening(TUESDAY, marketAt(20.1));
  });

  afterEach(async () => {
    await test.drop();
  });

  it('hold a session that repeats the one before, and judge the next one by what is known to be right', async () => {
    const rows = await readCacheRows(test.database);
    await importListings(test.database, WEDNESDAY, marketAt(20.1, reversed));
    const caps = await readCaps();

    const held = await sync(test.database, WEDNESDAY, { config });

    expect(held).to.include({ held: true, changed: false });
    expect(held.summary).to.equal(
      'the session is held: 100.0 % of closes equal those of 2026-06-23; every universe keeps its members',
    );
    expect(held.warnings).to.deep.equal(['session held: 100.0 % of closes equal those of 2026-06-23']);
    expect(held.events?.map(({ event, payload }) => [event, payload['universe'], payload['gate']])).to.deep.equal([
      ['hold_opened', null, 'unchanged-closes'],
    ]);
    const completed = payloadsOf(CACHE_SYNC_EVENTS.ended(FACTS, { report: held, durationMs: 1 }));
    expect(completed['cache_sync_completed']).to.deep.include({
      status: 'completed_with_holds',
      task_results: Object.fromEntries(
        CACHE_TASKS.map((task) => [task, { status: 'completed_with_holds', changes: 0 }]),
      ),
    });
    expect(held.counters).to.include({ held: 1, universes: 0, added: 0, removed: 0, rowsWritten: 0 });
    expect(listWritten(rows, await readCacheRows(test.database))).to.deep.equal([]);
    expect(await readMembers(test.database, 'top_50')).to.deep.equal(SYMBOLS.slice(0, 50));
    expect(await readCaps()).to.deep.equal(caps);
    expect(
      await query(`select count(*)::int as valued, max(market_cap_usd)::text as largest, min(symbol) filter (where rank = 1) as first
                   from pipeline.valuation where session = '${WEDNESDAY}'`),
    ).to.deep.equal([{ valued: 600, largest: '24120000000', first: 'S599' }]);

    // The true file of the day after: its previous closes are those of a Wednesday that was never stored.
    await importListings(
      test.database,
      THURSDAY,
      marketAt(20.6, (index) => (index === 49 ? 50 : index === 50 ? 49 : index)),
    );
    await query('update pipeline.source_quote set previous_close = 20.4 where session = $1', [THURSDAY]);
    const next = await sync(test.database, THURSDAY, { config });

    expect(next).to.include({ held: false, changed: true });
    expect(next.warnings.join('\n')).to.match(/^previous-close: /);
    expect(await readMembersAsOf(test.database, 'top_50', WEDNESDAY)).to.deep.equal(SYMBOLS.slice(0, 50));
    expect(await readMembers(test.database, 'top_50')).to.deep.equal([...SYMBOLS.slice(0, 49), 'S050']);
    expect(await readHolds()).to.deep.equal([
      { session: WEDNESDAY, gate: 'unchanged-closes', key: null, state: 'rejected', by: 'tickstock' },
    ]);
    await assertReplayGivesMembership(test.database);
    await assertProjectionShowsMembership(test.database);
  });

  it('hold every session without one of the exchanges, however many follow each other', async () => {
    const withoutNasdaq = (close: number) => marketAt(close).filter(({ exchange }) => exchange === 'NYSE');

    const first = await evening(WEDNESDAY, withoutNasdaq(20.3));
    const second = await evening(THURSDAY, withoutNasdaq(20.4));

    expect(first.summary)
      .to.include('300 of 600 active symbols have a price: 50.0 %')
      .and.include('NASDAQ: 0 bars after 300');
    expect(second.summary).to.include('300 of 600 active symbols have a price: 50.0 %');
    expect(await readMembers(test.database, 'top_50')).to.deep.equal(SYMBOLS.slice(0, 50));
  });

  it('give way to force, which publishes the session and says who did', async () => {
    await evening(WEDNESDAY, marketAt(20.1, reversed));

    const forced = await sync(test.database, WEDNESDAY, { config, force: true });

    expect(forced).to.include({ held: false, changed: true });
    expect(forced.counters['marketCapsRewritten']).to.be.above(400);
    expect(await readMembers(test.database, 'top_50')).to.deep.equal(SYMBOLS.slice(550));
    expect(await readHolds()).to.deep.equal([
      { session: WEDNESDAY, gate: 'unchanged-closes', key: null, state: 'approved', by: 'test' },
    ]);
    await assertProjectionShowsMembership(test.database);
  });

  it('hold the one universe that would exchange too many members, and no other', async () => {
    // 20 of the first 50 change places with the next 20, and one of the first 100 with the one after.
    const shaken = (index: number): number =>
      index === 99
        ? 100
        : index === 100
          ? 99
          : index < 30 || index >= 70
            ? index
            : index < 50
              ? index + 20
              : index - 20;
    await importListings(test.database, WEDNESDAY, marketAt(20.3, shaken));

    const report = await sync(test.database, WEDNESDAY, { config });
    const top50 = await readMembers(test.database, 'top_50');
    const again = await sync(test.database, WEDNESDAY, { config });
    const forced = await sync(test.database, WEDNESDAY, { config, force: true });

    expect(report).to.include({ held: true, changed: true });
    expect(report.counters).to.include({ held: 1, added: 1, removed: 1 });
    expect(report.warnings).to.deep.equal([
      'stock_universe/market_leaders/top_50 held: 40.0 % of the 50 members of top_50 exchanged (20 in, 20 out); up to 30.0 % is usual',
    ]);
    expect(report.details['held']).to.deep.equal(['stock_universe/market_leaders/top_50']);
    expect(top50).to.deep.equal(SYMBOLS.slice(0, 50));
    expect(again).to.include({ held: true, changed: false });
    expect(forced).to.include({ held: false, changed: true });
    expect(await readMembers(test.database, 'top_100')).to.deep.equal([...SYMBOLS.slice(0, 99), 'S100']);
    expect(await readMembers(test.database, 'top_50')).to.deep.equal([
      ...SYMBOLS.slice(0, 30),
      ...SYMBOLS.slice(50, 70),
    ]);
    expect(await readHolds()).to.deep.equal([
      { session: WEDNESDAY, gate: 'turnover', key: 'top_50', state: 'approved', by: 'test' },
    ]);
  });

  it('do not judge how many members a ranking by a measure exchanges', async () => {
    const busy = { key: 'busy', title: 'Busy', size: 50, measure: 'volume' as const };
    const measured = configOf({
      gates: config.gates,
      universes: { ...config.universes, rankings: [...config.universes.rankings, busy] },
    });
    const marketBy = (close: number, volumeOf: (index: number) => number): Listing[] =>
      marketAt(close).map((listing, index) => ({ ...listing, volume: volumeOf(index) }));
    await runEvening(
      test.database,
      WEDNESDAY,
      marketBy(20.3, (index) => 10_000 - index),
      { config: measured, force: true },
    );

    const report = await runEvening(
      test.database,
      THURSDAY,
      marketBy(20.4, (index) => 9_400 + index),
      { config: measured },
    );

    expect(report).to.include({ held: false });
    expect(await readMembers(test.database, 'busy')).to.deep.equal(SYMBOLS.slice(550));
  });
});
