import { expect } from 'chai';
import fc from 'fast-check';
import type { PhaseReport } from '../../../../src/core/phase.js';
import type { SessionDate } from '../../../../src/core/session.js';
import type { Database } from '../../../../src/db/database.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
import {
  ANY_CAP,
  configOf,
  FRIDAY,
  listings,
  MONDAY,
  sync,
  THURSDAY,
  TUESDAY,
  WEDNESDAY,
  WEEK,
  type Listing,
} from '../../../support/market.js';
import { assertNoOverlap, assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { empty, readCacheRows, readMembers, readMembersAsOf, readVersions } from '../publish/published-state.js';

const SYMBOLS = [...Array.from('ABCDEFGHIJ'), 'SPY', "Q'"];

/** Short lists that every day changes, themes by rule with their stay, a buffer, and delistings after two sessions. */
const config = configOf({
  universes: {
    bands: [
      { key: 'large_cap', title: 'Large', minUsd: 2e9 },
      { key: 'small_cap', title: 'Small', minUsd: 50e6 },
    ],
    rankings: [{ key: 'top_3', title: 'Top 3', size: 3 }],
    sectorLeaders: { size: 2 },
    industryGroups: { groups: 2, minStocks: 2, size: 2 },
    complete: { stocks: 4, etfs: 2 },
    combination: { stocks: 2, etfs: ['SPY'] },
    delistAfterSessions: 2,
    suspectCaps: { factor: 3, acceptAfterSessions: 2 },
    banding: [{ universe: 'top_3', publish: 'both', inRatio: 0.7, outRatio: 1.4 }],
  },
  themes: [
    { key: 'fuels', title: 'Fuels', symbols: ['A'], rules: { all: [{ sector: ['Energy'] }] }, minStaySessions: 2 },
  ],
});

/** Nothing is known of symbols before the first one was imported. */
const week = fc.tuple(...WEEK.map(() => listings(SYMBOLS))).filter(([first]) => (first?.length ?? 0) > 0);

/** To shrink a week takes minutes. */
const runs = { numRuns: 12, endOnFailure: true };

describe('a replay', function () {
  this.timeout(120_000);

  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  it('of sessions whose input has not changed changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(week, fc.nat(4), async (days, first) => {
        await empty(test.database);
        const published = await runWeek(test.database, days);
        const before = await readState(test.database);

        const report = await sync(test.database, FRIDAY, { config, replayFrom: WEEK[first] as SessionDate });

        expect(report.hashes?.['membership']).to.equal(published);
        expect(await readState(test.database)).to.deep.equal(before);
        expect(report.counters).to.include({ corrected: 0, sessions: 5 - first });
        await assertProjectionShowsMembership(test.database);
        const again = await sync(test.database, FRIDAY, { config });
        expect(again.changed).to.equal(false);
      }),
      runs,
    );
  });

  it('of corrected sessions comes to what there would be had they been right at once', async () => {
    const right = await createTestDatabase();
    try {
      await fc.assert(
        fc.asyncProperty(week, listings(SYMBOLS), fc.nat(3), async (days, wrongDay, index) => {
          await empty(test.database);
          await empty(right.database);
          const expected = await runWeek(right.database, days);
          // Facts are what was known on the evening and stay so: only figures are corrected.
          const wrong = days.map((day, position) => (position === index ? mixFigures(day, wrongDay) : day));
          await runWeek(test.database, wrong);
          await correctFigures(test.database, right.database);

          const report = await sync(test.database, FRIDAY, { config, replayFrom: WEEK[index] as SessionDate });

          expect(report.hashes?.['membership']).to.equal(expected);
          expect(await readIntervals(test.database)).to.deep.equal(await readIntervals(right.database));
          await assertNoOverlap(test.database);
          await assertReplayGivesMembership(test.database);
          await assertProjectionShowsMembership(test.database);
        }),
        runs,
      );
    } finally {
      await right.drop();
    }
  });

  it('keeps what was believed before it, and corrects every session from the first on', async () => {
    const day = (cap: number, up: number): Listing[] => [
      { symbol: 'BIG', cap: 5e9 },
      { symbol: 'UP', cap: up },
      { symbol: 'X', cap },
    ];
    await runEvening(test.database, MONDAY, day(3e9, 1e9), { config: plain });
    await runEvening(test.database, TUESDAY, day(1e9, 4e9), { config: plain });
    await runEvening(test.database, WEDNESDAY, day(1e9, 4e9), { config: plain });
    const then = new Date();
    await test.database.pool.query(
      `update pipeline.source_quote set market_cap_usd = case symbol when 'X' then 3e9 else 6e9 end
       where symbol in ('UP', 'X') and session = $1`,
      [TUESDAY],
    );

    const report = await sync(test.database, WEDNESDAY, { config: plain, replayFrom: TUESDAY });

    expect(await readMembersAsOf(test.database, 'large_cap', TUESDAY)).to.deep.equal(['BIG', 'UP', 'X']);
    expect(await readMembersAsOf(test.database, 'large_cap', TUESDAY, then)).to.deep.equal(['BIG', 'UP']);
    expect(await readMembersAsOf(test.database, 'large_cap', WEDNESDAY)).to.deep.equal(['BIG', 'UP']);
    expect(await readMembers(test.database, 'small_cap')).to.deep.equal(['X']);
    expect(report.summary).to.match(/^2 sessions recomputed from 2026-06-23 on/);
    const { rows: believed } = await test.database.pool.query(
      `select c.detail ->> 'market_cap' as cap, c.superseded_at is null as "isBelieved" from pipeline.membership_change c
       join pipeline.universe u on u.id = c.universe_id
       where u.key = 'large_cap' and c.symbol = 'UP' order by 1`,
    );
    expect(believed, 'in the same universe for the same reason, by another figure').to.deep.equal([
      { cap: '4000000000', isBelieved: false },
      { cap: '6000000000', isBelieved: true },
    ]);
    await assertReplayGivesMembership(test.database);
    await assertProjectionShowsMembership(test.database);
  });

  it('with another configuration publishes what it comes to, and retires what it does not know', async () => {
    for (const session of [MONDAY, TUESDAY]) {
      await runEvening(
        test.database,
        session,
        [
          { symbol: 'A', cap: 3e9 },
          { symbol: 'B', cap: 1e9 },
        ],
        { config: plain },
      );
    }
    const narrower = configOf({
      universes: { bands: [{ key: 'large_cap', title: 'Large', minUsd: 2e9 }] },
    });

    await sync(test.database, TUESDAY, { config: narrower, replayFrom: MONDAY });

    expect(await readMembers(test.database, 'small_cap')).to.deep.equal([]);
    expect([...(await readCacheRows(test.database)).keys()]).not.to.include('stock_universe/market_cap/small_cap');
    expect(await readMembersAsOf(test.database, 'large_cap', MONDAY)).to.deep.equal(['A']);
    await assertProjectionShowsMembership(test.database);
  });

  it('takes back a delisting for which there turns out to be a bar, and leaves nothing to do for the next sync', async () => {
    const both: Listing[] = [
      { symbol: 'A', cap: 3e9, shares: 3e8 },
      { symbol: 'B', cap: 3e9 },
    ];
    const gone: Listing[] = [
      { symbol: 'GONE', cap: 3e9 },
      { symbol: 'WS', type: 'WARRANT', cap: 1e6 },
    ];
    await runEvening(test.database, MONDAY, [...both, ...gone], { config });
    await runEvening(test.database, TUESDAY, both.slice(0, 1), { config });
    await runEvening(test.database, WEDNESDAY, both.slice(0, 1), { config });
    expect(await readListed(test.database, 'B')).to.deep.equal({ active: false, delisted: TUESDAY });
    await importListings(test.database, THURSDAY, both.slice(0, 1));
    await sync(test.database, THURSDAY, { config });
    await test.database.pool.query(
      `insert into ohlcv_daily (symbol, date, close, volume) values ('B', $1, 10, 100), ('B', $2, 10, 100)`,
      [WEDNESDAY, THURSDAY],
    );

    await sync(test.database, THURSDAY, { config, replayFrom: TUESDAY });
    const next = await sync(test.database, THURSDAY, { config });

    expect(next.summary).to.equal('same input as the last time, nothing changed');
    expect(await readListed(test.database, 'B')).to.deep.equal({ active: true, delisted: null });
    expect(await readListed(test.database, 'GONE')).to.deep.equal({ active: false, delisted: TUESDAY });
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['A', 'B']);
    await assertProjectionShowsMembership(test.database);
  });

  it('shows universes that it holds in every session with the members they had before', async () => {
    const listing = (symbol: string, cap: number): Listing => {
      return { symbol, cap, sector: 'Technology', industry: 'Software' };
    };
    const etfs = ['SPY', 'QQQ'].map((symbol): Listing => ({ symbol, type: 'ETF', name: symbol }));
    const options = {
      config: configOf({ universes: { industryGroups: { groups: 2, minStocks: 1, size: 3 } } }),
    };
    const [a, b, c] = [listing('A', 3e9), listing('B', 4e9), listing('C', 9e9)];
    const gone: Listing = { symbol: 'GONE', cap: 2e9, close: null, active: false };
    await runEvening(test.database, MONDAY, [a, listing('GONE', 2e9), ...etfs], options);
    await runEvening(test.database, TUESDAY, [a, b, c, gone, ...etfs], options);
    await test.database.pool.query('update pipeline.source_quote set market_cap_usd = 0 where session = $1', [TUESDAY]);

    const report = await sync(test.database, TUESDAY, { ...options, replayFrom: TUESDAY });

    expect(report.held).to.equal(true);
    expect(await readMembers(test.database, 'software')).to.deep.equal(['A', 'GONE']);
    const rows = await readCacheRows(test.database);
    expect(rows.get('stock_universe/industry/software')?.value).to.deep.include({ sector: 'Technology', count: 2 });
    expect(rows.get('stock_etf_combo/stock_etf_test/combo_test')?.value).to.deep.equal(['A', 'GONE', 'SPY', 'QQQ']);
    await assertProjectionShowsMembership(test.database);
    await assertReplayGivesMembership(test.database);
  });

  it('lets through what an approval and what force let through, and nothing that nobody decided about', async () => {
    const [low, high] = [
      ['E', 'F'],
      ['A', 'B', 'C'],
    ];
    const day = (large: readonly string[], close: number): Listing[] =>
      toLargeDay((symbol) => (large.includes(symbol) ? 3e9 : 1e9), [...low, ...high], close);
    await runEvening(test.database, MONDAY, day(high, 10), { config: gated });
    const held = await runEvening(test.database, TUESDAY, day(low, 10), { config: gated });
    await approve(test.database, TUESDAY);
    await importListings(test.database, WEDNESDAY, day(high, 10));
    const forced = await sync(test.database, WEDNESDAY, { config: gated, force: true });
    // Held at first as a repetition, and settled by itself when the true closes came.
    await runEvening(test.database, THURSDAY, day(high, 10), { config: gated });
    const settled = await runEvening(test.database, THURSDAY, day(high, 11), { config: gated });
    const before = await readState(test.database);

    const report = await sync(test.database, THURSDAY, { config: gated, replayFrom: TUESDAY });
    const after = await readState(test.database);
    await test.database.pool.query('update ohlcv_daily set close = 10 where date = $1', [THURSDAY]);
    await sync(test.database, THURSDAY, { config: gated, replayFrom: TUESDAY });

    expect([held.held, forced.held, settled.held, report.held]).to.deep.equal([true, false, false, false]);
    expect(report.counters).to.include({ corrected: 0 });
    expect(after).to.deep.equal(before);
    expect(await readMembersAsOf(test.database, 'large_cap', TUESDAY)).to.deep.equal(low);
    expect(await readMembersAsOf(test.database, 'large_cap', WEDNESDAY)).to.deep.equal(high);
    expect(await readInForce(test.database)).to.deep.equal([`${THURSDAY} unchanged-closes open`]);
    await assertProjectionShowsMembership(test.database);
  });

  it('lifts what it does not hold any more, holds it again when that comes back, and shows it so that it can be approved', async () => {
    const day = (caps: readonly number[], close: number): Listing[] =>
      toLargeDay((_, index) => caps[index] ?? 0, Array.from('ABCD'), close);
    await runEvening(test.database, MONDAY, day([3e9, 3e9, 1e9, 1e9], 10), { config: gated });
    await runEvening(test.database, TUESDAY, day([3e9, 3e9, 1e9, 1e9], 10), { config: gated });
    await runEvening(test.database, WEDNESDAY, day([1e9, 3e9, 3e9, 3e9], 10), { config: gated });
    const write = (session: SessionDate, close: number) =>
      test.database.pool.query('update ohlcv_daily set close = $2 where date = $1', [session, close]);
    const replay = () => sync(test.database, WEDNESDAY, { config: gated, replayFrom: TUESDAY });
    const found = await readInForce(test.database);

    await write(TUESDAY, 11);
    await replay();
    const lifted = await readInForce(test.database);
    await write(TUESDAY, 10);
    // B goes where A was to go.
    const swapped = `case symbol when 'A' then 4e9 when 'B' then 1e9 else 3e9 end where symbol in ('A', 'B')`;
    await test.database.pool.query(`update pipeline.source_quote set market_cap_usd = ${swapped} and session = $1`, [
      WEDNESDAY,
    ]);
    await test.database.pool.query(`update symbols set market_cap = ${swapped}`);
    await replay();
    const again = await readInForce(test.database);
    const approved = await approve(test.database, WEDNESDAY);

    expect(found).to.deep.equal([`${TUESDAY} unchanged-closes rejected`, `${WEDNESDAY} unchanged-closes open`]);
    expect(lifted).to.deep.equal([`${WEDNESDAY} turnover open`]);
    expect(again).to.deep.equal(found);
    expect(approved.held).to.equal(false);
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['A', 'C', 'D']);
    await assertProjectionShowsMembership(test.database);
    await assertReplayGivesMembership(test.database);
  });

  it('leaves out what was only imported, and refuses sessions of which nothing was recorded', async () => {
    await runEvening(test.database, MONDAY, [{ symbol: 'A', cap: 3e9 }], { config: plain });
    await importListings(test.database, TUESDAY, [{ symbol: 'A', cap: 1e9 }]);
    await runEvening(test.database, WEDNESDAY, [{ symbol: 'A', cap: 3e9 }], { config: plain });
    const replay = (): Promise<unknown> =>
      sync(test.database, WEDNESDAY, { config: plain, replayFrom: MONDAY }).catch((error: unknown) => error);

    const report = await replay();
    const published = await readState(test.database);
    // As of a database that was published by a version that recorded no facts yet.
    await test.database.pool.query('update pipeline.symbol_fact set valid_from = $1', [WEDNESDAY]);
    const tooEarly = await replay();
    await test.database.pool.query('delete from pipeline.symbol_fact');
    const unknown = await replay();

    expect(report).to.have.nested.property('counters.sessions', 2);
    expect(tooEarly).to.include({
      code: 'EOD_SESSION_INVALID',
      message: `no facts of symbols are recorded before ${WEDNESDAY}, so ${MONDAY} cannot be recomputed`,
      hint: `use \`--from ${WEDNESDAY}\` or later`,
    });
    expect(unknown).to.include({ code: 'EOD_SESSION_INVALID' });
    expect(await readState(test.database)).to.deep.equal(published);
    expect(await readMembersAsOf(test.database, 'large_cap', TUESDAY)).to.deep.equal(['A']);
  });

  it('that is cancelled on its way leaves everything as it was', async () => {
    for (const session of [MONDAY, TUESDAY, WEDNESDAY]) {
      await runEvening(test.database, session, [{ symbol: 'A', cap: 3e9 }], { config: plain });
    }
    const versions = await readVersions(test.database);
    await test.database.pool.query(`update pipeline.source_quote set market_cap_usd = 1e9`);
    const canceller = new AbortController();
    // It takes back the audit and computes the first session, and then waits where it would write the figures.
    const blocker = await test.database.pool.connect();
    await blocker.query('begin');
    await blocker.query('lock table pipeline.valuation in exclusive mode');

    const options = { config: plain, replayFrom: MONDAY, signal: canceller.signal };
    const replaying = sync(test.database, WEDNESDAY, options).catch((error: unknown) => error);
    await waitForLock(test.database);
    canceller.abort();
    const failure: unknown = await replaying;
    await blocker.query('rollback');
    blocker.release();

    expect(failure).to.include({ code: 'EOD_CANCELLED' });
    expect(await readVersions(test.database)).to.deep.equal(versions);
  });
});

async function waitForLock({ pool }: Database): Promise<void> {
  const statement = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await pool.query(statement)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

const plain = configOf({
  universes: {
    ...ANY_CAP,
    bands: [
      { key: 'large_cap', title: 'Large', minUsd: 2e9 },
      { key: 'small_cap', title: 'Small', minUsd: 50e6 },
    ],
  },
});

/** Gates that judge markets of a handful of symbols too. */
const gated = configOf({
  universes: plain.universes,
  gates: { minSymbols: 2, unknownSector: { maxPct: 100 }, turnover: { minMembers: 2 } },
});

/** With preferreds beside the stocks, that closes are judged at all. */
function toLargeDay(
  capOf: (symbol: string, index: number) => number,
  symbols: readonly string[],
  close: number,
): Listing[] {
  return [
    ...symbols.map((symbol, index) => ({ symbol, close, cap: capOf(symbol, index) })),
    ...Array.from({ length: 100 }, (_, index) => ({ symbol: `PFD${index}`, type: 'PFD', close })),
  ];
}

/** Lets through everything that is open of a session, as somebody would. */
async function approve(database: Database, session: SessionDate): Promise<PhaseReport> {
  const { rows } = await database.pool.query<{ id: number }>(
    `select id from pipeline.hold where state = 'open' and session = $1`,
    [session],
  );
  const approval = { holds: rows.map(({ id }) => id), by: 'ann', reason: 'looked at it' };
  return sync(database, session, { config: gated, approval });
}

/** Holds in force as `session gate state`, those of several universes once. */
async function readInForce(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ text: string }>(
    `select distinct concat_ws(' ', session, gate, state) as text from pipeline.hold
     where state <> 'approved' and lifted_at is null order by 1`,
  );
  return rows.map((row) => row.text);
}

async function runWeek(database: Database, days: readonly (readonly Listing[])[]): Promise<string | undefined> {
  let hash: string | undefined;
  for (const [index, day] of days.entries()) {
    hash = (await runEvening(database, WEEK[index] as SessionDate, day, { config })).hashes?.['membership'];
  }
  return hash;
}

/** The same symbols and facts, with other closes, volumes and caps where the other day has the symbol. */
function mixFigures(day: readonly Listing[], other: readonly Listing[]): Listing[] {
  const figures = new Map(other.map((listing) => [listing.symbol, listing]));
  return day.map((listing) => {
    const { close, volume, cap } = figures.get(listing.symbol) ?? listing;
    // A bar more or less would change who is absent, and with that who was marked inactive: that has a test of its own.
    const hasBar = listing.close !== null && close !== null;
    return { ...listing, ...(hasBar && { close, volume }), cap };
  }) as Listing[];
}

/** What a host that mends its tables, and a source imported again, leave. */
async function correctFigures(wrong: Database, right: Database): Promise<void> {
  const bars = await right.pool.query(`select symbol, date::text, close::text, volume from ohlcv_daily`);
  const quotes = await right.pool.query(`select * from pipeline.source_quote`);
  await wrong.pool.query(
    `update ohlcv_daily b set close = r.close, volume = r.volume
     from jsonb_to_recordset($1::jsonb) as r (symbol text, date date, close numeric, volume bigint)
     where b.symbol = r.symbol and b.date = r.date`,
    [JSON.stringify(bars.rows)],
  );
  await wrong.pool.query('delete from pipeline.source_quote');
  await wrong.pool.query(
    'insert into pipeline.source_quote select * from jsonb_populate_recordset(null::pipeline.source_quote, $1::jsonb)',
    [JSON.stringify(quotes.rows)],
  );
}

/** What readers see and what is believed; valuations are written anew, with the same content. */
async function readState(database: Database): Promise<unknown> {
  const { membership, membership_change: audit } = await readVersions(database);
  const { rows: valuations } = await database.pool.query(
    'select * from pipeline.valuation order by session, symbol collate "C"',
  );
  const { rows: symbols } = await database.pool.query(
    'select symbol, active, delisted_date::text from symbols order by 1',
  );
  const { rows: current } = await database.pool.query(
    `select session::text, universe_id, symbol, action, reason from pipeline.membership_change
     where superseded_at is null order by session, id`,
  );
  const rows = [...(await readCacheRows(database))].map(([place, row]) => [place, row.value]);
  return { membership, audit: audit?.length, valuations, symbols, current, rows };
}

async function readIntervals(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ text: string }>(
    `select concat_ws(' ', u.type, u.name, u.key, m.symbol, m.valid_from, coalesce(m.valid_to::text, 'open')) as text
     from pipeline.membership m join pipeline.universe u on u.id = m.universe_id where m.known_to is null`,
  );
  return rows.map((row) => row.text).toSorted();
}

async function readListed(
  database: Database,
  symbol: string,
): Promise<{ active: boolean; delisted: string | null } | undefined> {
  const { rows } = await database.pool.query<{ active: boolean; delisted: string | null }>(
    'select active, delisted_date::text as delisted from symbols where symbol = $1',
    [symbol],
  );
  return rows[0];
}
