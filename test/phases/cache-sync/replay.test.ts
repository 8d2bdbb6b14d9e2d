import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionDate } from '../../../src/core/session.js';
import type { Database } from '../../../src/db/database.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { importListings, runEvening } from '../../support/evenings.js';
import {
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
} from '../../support/market.js';
import { assertNoOverlap, assertProjectionShowsMembership, assertReplayGivesMembership } from './invariants.js';
import { readCacheRows, readMembers, readMembersAsOf, readVersions } from './published-state.js';

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

const week = fc.tuple(...WEEK.map(() => listings(SYMBOLS)));

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
      }),
      { numRuns: 12 },
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
        { numRuns: 12 },
      );
    } finally {
      await right.drop();
    }
  });

  it('keeps what was believed before it, and corrects every session from the first on', async () => {
    const day = (cap: number): Listing[] => [
      { symbol: 'BIG', cap: 5e9 },
      { symbol: 'X', cap },
    ];
    await runEvening(test.database, MONDAY, day(3e9), { config: plain });
    await runEvening(test.database, TUESDAY, day(1e9), { config: plain });
    await runEvening(test.database, WEDNESDAY, day(1e9), { config: plain });
    const then = new Date();
    await test.database.pool.query(
      `update pipeline.source_quote set market_cap_usd = 3e9 where symbol = 'X' and session = $1`,
      [TUESDAY],
    );

    const report = await sync(test.database, WEDNESDAY, { config: plain, replayFrom: TUESDAY });

    expect(await readMembersAsOf(test.database, 'large_cap', TUESDAY)).to.deep.equal(['BIG', 'X']);
    expect(await readMembersAsOf(test.database, 'large_cap', TUESDAY, then)).to.deep.equal(['BIG']);
    expect(await readMembersAsOf(test.database, 'large_cap', WEDNESDAY)).to.deep.equal(['BIG']);
    expect(await readMembers(test.database, 'small_cap')).to.deep.equal(['X']);
    expect(report.summary).to.match(/^2 sessions recomputed from 2026-06-23 on/);
    await assertReplayGivesMembership(test.database);
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

  it('takes back a delisting for which there turns out to be a bar', async () => {
    const both: Listing[] = [
      { symbol: 'A', cap: 3e9 },
      { symbol: 'B', cap: 3e9 },
    ];
    await runEvening(test.database, MONDAY, both, { config });
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

    expect(await readListed(test.database, 'B')).to.deep.equal({ active: true, delisted: null });
    expect(await readMembers(test.database, 'large_cap')).to.deep.equal(['A', 'B']);
  });

  it('that fails on its way leaves everything as it was', async () => {
    for (const session of [MONDAY, TUESDAY, WEDNESDAY]) {
      await runEvening(test.database, session, [{ symbol: 'A', cap: 3e9 }], { config: plain });
    }
    const versions = await readVersions(test.database);
    const canceller = new AbortController();
    await test.database.pool.query(`update pipeline.source_quote set market_cap_usd = 1e9`);
    canceller.abort();

    const failure: unknown = await sync(test.database, WEDNESDAY, {
      config: plain,
      replayFrom: MONDAY,
      signal: canceller.signal,
    }).catch((error: unknown) => error);

    expect(failure).to.include({ code: 'EOD_CANCELLED' });
    expect(await readVersions(test.database)).to.deep.equal(versions);
  });
});

const plain = configOf({
  universes: {
    bands: [
      { key: 'large_cap', title: 'Large', minUsd: 2e9 },
      { key: 'small_cap', title: 'Small', minUsd: 50e6 },
    ],
  },
});

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
  const quotes = await right.pool.query(`select session::text, symbol, market_cap_usd from pipeline.source_quote`);
  await wrong.pool.query(
    `update ohlcv_daily b set close = r.close, volume = r.volume
     from jsonb_to_recordset($1::jsonb) as r (symbol text, date date, close numeric, volume bigint)
     where b.symbol = r.symbol and b.date = r.date`,
    [JSON.stringify(bars.rows)],
  );
  await wrong.pool.query(
    `update pipeline.source_quote q set market_cap_usd = r.market_cap_usd
     from jsonb_to_recordset($1::jsonb) as r (session date, symbol text, market_cap_usd bigint)
     where q.session = r.session and q.symbol = r.symbol`,
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

const TABLES = [
  'symbols',
  'ohlcv_daily',
  'cache_entries',
  'pipeline.projection',
  'pipeline.membership_change',
  'pipeline.membership',
  'pipeline.hold',
  'pipeline.universe',
  'pipeline.valuation',
  'pipeline.source_quote',
  'pipeline.symbol_fact',
  'pipeline.symbol_event',
  'pipeline.session_measure',
  'pipeline.phase_run',
  'pipeline.run',
];

async function empty(database: Database): Promise<void> {
  for (const table of TABLES) await database.pool.query(`delete from ${table}`);
}
