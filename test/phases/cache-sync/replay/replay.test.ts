import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionDate } from '../../../../src/core/session.js';
import type { Database } from '../../../../src/db/database.js';
import { createTestDatabase } from '../../../support/database.js';
import { importListings, runEvening } from '../../../support/evenings.js';
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
} from '../../../support/market.js';
import { assertNoOverlap, assertProjectionShowsMembership, assertReplayGivesMembership } from '../invariants.js';
import { empty, readCacheRows, readMembers, readMembersAsOf } from '../publish/published-state.js';
import { useReplay, config, plain, readState } from './replay-fixture.js';

const SYMBOLS = [...Array.from('ABCDEFGHIJ'), 'SPY', "Q'"];

/** Nothing is known of symbols before the first one was imported. */
const week = fc.tuple(...WEEK.map(() => listings(SYMBOLS))).filter(([first]) => (first?.length ?? 0) > 0);

/** To shrink a week takes minutes. */
const runs = { numRuns: 8, endOnFailure: true };

describe('a replay', () => {
  const given = useReplay();

  it('of sessions whose input has not changed changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(week, fc.nat(4), async (days, first) => {
        await empty(given.test.database);
        const published = await runWeek(given.test.database, days);
        const before = await readState(given.test.database);

        const report = await sync(given.test.database, FRIDAY, { config, replayFrom: WEEK[first] as SessionDate });

        expect(report.hashes?.['membership']).to.equal(published);
        expect(await readState(given.test.database)).to.deep.equal(before);
        expect(report.counters).to.include({ corrected: 0, sessions: 5 - first });
        await assertProjectionShowsMembership(given.test.database);
        const again = await sync(given.test.database, FRIDAY, { config });
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
          await empty(given.test.database);
          await empty(right.database);
          const expected = await runWeek(right.database, days);
          // Facts are what was known on the evening and stay so: only figures are corrected.
          const wrong = days.map((day, position) => (position === index ? mixFigures(day, wrongDay) : day));
          await runWeek(given.test.database, wrong);
          await correctFigures(given.test.database, right.database);

          const report = await sync(given.test.database, FRIDAY, { config, replayFrom: WEEK[index] as SessionDate });

          expect(report.hashes?.['membership']).to.equal(expected);
          expect(await readIntervals(given.test.database)).to.deep.equal(await readIntervals(right.database));
          await assertNoOverlap(given.test.database);
          await assertReplayGivesMembership(given.test.database);
          await assertProjectionShowsMembership(given.test.database);
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
    await runEvening(given.test.database, MONDAY, day(3e9, 1e9), { config: plain });
    await runEvening(given.test.database, TUESDAY, day(1e9, 4e9), { config: plain });
    await runEvening(given.test.database, WEDNESDAY, day(1e9, 4e9), { config: plain });
    const then = new Date();
    await given.test.database.pool.query(
      `update pipeline.source_quote set market_cap_usd = case symbol when 'X' then 3e9 else 6e9 end
       where symbol in ('UP', 'X') and session = $1`,
      [TUESDAY],
    );

    const report = await sync(given.test.database, WEDNESDAY, { config: plain, replayFrom: TUESDAY });

    expect(await readMembersAsOf(given.test.database, 'large_cap', TUESDAY)).to.deep.equal(['BIG', 'UP', 'X']);
    expect(await readMembersAsOf(given.test.database, 'large_cap', TUESDAY, then)).to.deep.equal(['BIG', 'UP']);
    expect(await readMembersAsOf(given.test.database, 'large_cap', WEDNESDAY)).to.deep.equal(['BIG', 'UP']);
    expect(await readMembers(given.test.database, 'small_cap')).to.deep.equal(['X']);
    expect(report.summary).to.match(/^2 sessions recomputed from 2026-06-23 on/);
    const { rows: believed } = await given.test.database.pool.query(
      `select c.detail ->> 'market_cap' as cap, c.superseded_at is null as "isBelieved" from pipeline.membership_change c
       join pipeline.universe u on u.id = c.universe_id
       where u.key = 'large_cap' and c.symbol = 'UP' order by 1`,
    );
    expect(believed, 'in the same universe for the same reason, by another figure').to.deep.equal([
      { cap: '4000000000', isBelieved: false },
      { cap: '6000000000', isBelieved: true },
    ]);
    await assertReplayGivesMembership(given.test.database);
    await assertProjectionShowsMembership(given.test.database);
  });

  it('with another configuration publishes what it comes to, and retires what it does not know', async () => {
    for (const session of [MONDAY, TUESDAY]) {
      await runEvening(
        given.test.database,
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

    await sync(given.test.database, TUESDAY, { config: narrower, replayFrom: MONDAY });

    expect(await readMembers(given.test.database, 'small_cap')).to.deep.equal([]);
    expect([...(await readCacheRows(given.test.database)).keys()]).not.to.include(
      'stock_universe/market_cap/small_cap',
    );
    expect(await readMembersAsOf(given.test.database, 'large_cap', MONDAY)).to.deep.equal(['A']);
    await assertProjectionShowsMembership(given.test.database);
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
    await runEvening(given.test.database, MONDAY, [...both, ...gone], { config });
    await runEvening(given.test.database, TUESDAY, both.slice(0, 1), { config });
    await runEvening(given.test.database, WEDNESDAY, both.slice(0, 1), { config });
    expect(await readListed(given.test.database, 'B')).to.deep.equal({ active: false, delisted: TUESDAY });
    await importListings(given.test.database, THURSDAY, both.slice(0, 1));
    await sync(given.test.database, THURSDAY, { config });
    await given.test.database.pool.query(
      `insert into ohlcv_daily (symbol, date, close, volume) values ('B', $1, 10, 100), ('B', $2, 10, 100)`,
      [WEDNESDAY, THURSDAY],
    );

    await sync(given.test.database, THURSDAY, { config, replayFrom: TUESDAY });
    const next = await sync(given.test.database, THURSDAY, { config });

    expect(next.summary).to.equal('same input as the last time, nothing changed');
    expect(await readListed(given.test.database, 'B')).to.deep.equal({ active: true, delisted: null });
    expect(await readListed(given.test.database, 'GONE')).to.deep.equal({ active: false, delisted: TUESDAY });
    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal(['A', 'B']);
    await assertProjectionShowsMembership(given.test.database);
  });
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
