import { expect } from 'chai';
import fc from 'fast-check';
import pg from 'pg';
import { Database } from '../../../src/db/database.js';
import { RUN_MODES } from '../../../src/core/run-mode.js';
import type { SessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { assertNoOverlap, assertProjectionShowsMembership, assertReplayGivesMembership } from './invariants.js';
import { empty } from './publish/published-state.js';
import { configOf, listings, sync, WEEK, writeListings, type Listing } from '../../support/market.js';

/** One import and the sync after it. */
interface Step {
  readonly session: SessionDate;
  readonly listings: readonly Listing[];
  readonly force: boolean;
}

const SYMBOLS = [...Array.from('ABCDEFGHIJKL'), 'SPY', "Q'\\,"];

/** Few and short lists, so that every cut-off is crossed all the time. */
const config = configOf({
  universes: {
    bands: [
      { key: 'large_cap', title: 'Large', minUsd: 2e9 },
      { key: 'small_cap', title: 'Small', minUsd: 50e6 },
    ],
    rankings: [
      { key: 'top_2', title: 'Top 2', size: 2 },
      { key: 'top_5', title: 'Top 5', size: 5 },
    ],
    sectorLeaders: { size: 2 },
    industryGroups: { groups: 2, minStocks: 2, size: 2 },
    complete: { stocks: 4, etfs: 2 },
    combination: { stocks: 2, etfs: ['SPY', 'A'] },
    etfCategories: [
      { key: 'etf_growth', title: 'Growth ETFs', types: [], nameWords: ['Growth'], excludeWords: [], symbols: ['SPY'] },
    ],
  },
  themes: [
    { key: 'vowels', title: 'Vowels', symbols: ['A', 'E', 'I'] },
    { key: 'some', title: 'Some', symbols: ['A', 'B', 'C', 'D'] },
  ],
});

/** Two to five syncs: mostly one a session, sometimes a session again with other data, now and then forced or after an empty import. */
const histories: fc.Arbitrary<Step[]> = fc
  .array(
    fc.record({
      listings: fc.oneof({ weight: 6, arbitrary: listings(SYMBOLS) }, { weight: 1, arbitrary: fc.constant([]) }),
      again: fc.boolean().chain((again) => (again ? fc.boolean() : fc.constant(false))),
      force: fc.constantFrom(false, false, false, false, true),
    }),
    { minLength: 2, maxLength: 5 },
  )
  .map((steps) => {
    let day = -1;
    return steps.map(({ again, ...step }) => {
      if (!again || day < 0) day += 1;
      return { ...step, session: WEEK[day] as SessionDate };
    });
  });

describe('whatever happens to the market, cache sync', function () {
  it('keeps audit, membership and cache_entries telling the same story', async () => {
    const test = await createTestDatabase();
    const { database } = test;
    try {
      await fc.assert(
        fc.asyncProperty(histories, async (history) => {
          await empty(database);
          const foreign = await insertForeignRows(database);
          for (const step of history) {
            const before = await readLists(database);
            await writeListings(database, step.session, step.listings);
            await sync(database, step.session, { config, force: step.force });
            await assertNoOverlap(database);
            await assertReplayGivesMembership(database);
            await assertProjectionShowsMembership(database);
            await assertRankOrder(database, step.session);
            if (!step.force) await assertNothingLost(database, before, step);
          }
          expect(await readForeignRows(database)).to.deep.equal(foreign);
        }),
        { numRuns: 15, endOnFailure: true },
      );
    } finally {
      await test.drop();
    }
  });

  it('comes to the same hash whatever the order of rows, the time zone, the number of attempts and of slots', async () => {
    const [plain, twisted] = [await createTestDatabase(), await createTestDatabase()];
    const host = await connectFromTokyo(twisted);
    const zone = process.env['TZ'];
    try {
      await fc.assert(
        fc.asyncProperty(histories, fc.integer({ min: 1, max: 3 }), async (history, attempts) => {
          await empty(plain.database);
          await empty(host.database);
          for (const step of history) {
            process.env['TZ'] = 'America/New_York';
            await writeListings(plain.database, step.session, step.listings);
            const first = await sync(plain.database, step.session, { config, force: step.force, slots: 1 });
            process.env['TZ'] = 'Pacific/Kiritimati';
            await writeListings(host.database, step.session, step.listings.toReversed());
            await cluster(host.database);
            let last = first;
            for (let attempt = 0; attempt < attempts; attempt += 1)
              last = await sync(host.database, step.session, { config, force: step.force, slots: 8 });
            expect(last.hashes?.['membership']).to.equal(first.hashes?.['membership']);
          }
        }),
        { numRuns: 8, endOnFailure: true },
      );
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
      await host.pool.end();
      await Promise.all([plain.drop(), twisted.drop()]);
    }
  });
});

describe('whatever parts are synced in between, cache sync', function () {
  it('keeps its tables telling the same story, and comes to what full syncs alone come to', async () => {
    const [parts, whole] = [await createTestDatabase(), await createTestDatabase()];
    const modes = fc.array(fc.constantFrom(...RUN_MODES.filter((mode) => mode !== 'full')), { maxLength: 3 });
    const days = fc.array(fc.tuple(listings(SYMBOLS), listings(SYMBOLS), modes), { minLength: 1, maxLength: 3 });
    try {
      await fc.assert(
        fc.asyncProperty(days, async (history) => {
          for (const { database } of [parts, whole]) await empty(database);
          for (const [day, [first, second, modesBetween]] of history.entries()) {
            const session = WEEK[day] as SessionDate;
            for (const { database } of [parts, whole]) {
              await writeListings(database, session, first);
              await sync(database, session, { config });
              await writeListings(database, session, second);
            }
            for (const mode of modesBetween) {
              await sync(parts.database, session, { config, mode });
              await assertNoOverlap(parts.database);
              await assertReplayGivesMembership(parts.database);
              await assertProjectionShowsMembership(parts.database);
              await assertRankOrder(parts.database, session);
            }
            const [last, alone] = [
              await sync(parts.database, session, { config }),
              await sync(whole.database, session, { config }),
            ];
            expect(last.hashes?.['membership']).to.equal(alone.hashes?.['membership']);
            expect(last.details['held']).to.have.members(alone.details['held'] as string[]);
          }
        }),
        { numRuns: 12, endOnFailure: true },
      );
    } finally {
      await Promise.all([parts.drop(), whole.drop()]);
    }
  });
});

/** A host's pool on a server with another time zone than ours. */
async function connectFromTokyo(test: TestDatabase): Promise<{ pool: pg.Pool; database: Database }> {
  const name = new URL(test.url).pathname.slice(1);
  await test.database.pool.query(`alter database "${name}" set timezone to 'Asia/Tokyo'`);
  const pool = new pg.Pool({ connectionString: test.url, max: 4 });
  return { pool, database: Database.adopt(pool) };
}

/** Rewrites the tables in another physical order. */
async function cluster(database: Database): Promise<void> {
  await database.pool.query(`update symbols set symbol = symbol where symbol < 'E'`);
  await database.pool.query(`update ohlcv_daily set symbol = symbol where symbol > 'F'`);
}

async function insertForeignRows(database: Database): Promise<unknown[]> {
  await database.pool.query(
    `insert into cache_entries (type, name, key, value)
     values ('app_settings', 'ui', 'theme', '{"dark": true}'), ('cache_config', 'market_cap_thresholds', 'large_cap', '1'),
            ('stock_universe', 'market_cap', 'nano_cap', '{"count": 0, "stocks": []}'), ('unknown', 'themes', 'vowels', '[]'),
            ('stock_universe', 'industry', 'somebody_elses', '{}')`,
  );
  return readForeignRows(database);
}

async function readForeignRows(database: Database): Promise<unknown[]> {
  const { rows } = await database.pool.query(
    `select c.*, c.xmin::text as version from cache_entries c
     where (type, name, key) not in (select type, name, key from pipeline.projection) order by id`,
  );
  return rows;
}

/** Members of the universes that bad data must not empty. */
async function readLists(database: Database): Promise<Map<string, string[]>> {
  const { rows } = await database.pool.query<{ universe: string; symbols: string[] }>(
    `select case when u.name = 'industry' then 'industry' else u.name || '/' || u.key end as universe,
            json_agg(m.symbol order by m.symbol) as symbols
     from pipeline.membership m join pipeline.universe u on u.id = m.universe_id
     where m.valid_to is null and m.known_to is null and u.name <> 'ipo' group by 1`,
  );
  return new Map(rows.map((row) => [row.universe, row.symbols]));
}

/**
 * Invariant 4: no list that had members is empty, and a stock that is merely absent from the import stays. One that had stopped being
 * eligible before, and was only there because its universe was held, may leave when the hold ends.
 */
async function assertNothingLost(database: Database, before: Map<string, string[]>, step: Step): Promise<void> {
  const after = await readLists(database);
  const { rows } = await database.pool.query<{ symbol: string }>(
    `select symbol from symbols
     where delisted_date <= $1 or list_date > $1 or not active or type <> 'CS' or coalesce(market_cap, 0) <= 0`,
    [step.session],
  );
  const gone = new Set([...step.listings, ...rows].map(({ symbol }) => symbol));
  const absent = (before.get('complete/all_stocks') ?? []).filter((symbol) => !gone.has(symbol));
  const isExplained = await readMoves(database, step.session);
  const lost = [...before].filter(([universe, symbols]) => !after.has(universe) && !isExplained(universe, symbols));
  expect(lost).to.deep.equal([]);
  expect(after.get('complete/all_stocks') ?? []).to.include.members(absent);
}

/** Whether a list is that of a sector without stocks, and each of its members is gone or has another sector. */
async function readMoves(database: Database, session: SessionDate) {
  const { rows } = await database.pool.query<{ symbol: string; sector: string | null }>(
    `select symbol, sector_group as sector from pipeline.valuation
     where session = $1 and (exclusion = 'INACTIVE' or exclusion is null and sector_group is not null)`,
    [session],
  );
  const sectors = new Map(rows.map(({ symbol, sector }) => [symbol, sector]));
  return (universe: string, symbols: readonly string[]): boolean =>
    universe.startsWith('sector_leaders/') &&
    symbols.every((symbol) => sectors.has(symbol) && !universe.endsWith(`_${sectors.get(symbol)}`));
}

/** Invariant 6, by the database's own sort. */
async function assertRankOrder(database: Database, session: SessionDate): Promise<void> {
  const { rows } = await database.pool.query<{ ranked: string[]; sorted: string[]; shown: string[] }>(
    `select array_agg(symbol order by rank) as ranked,
            array_agg(symbol order by market_cap_usd desc, coalesce(dollar_volume_usd, 0) desc, symbol collate "C") as sorted,
            (select array(select jsonb_array_elements_text(value)) from cache_entries where key = 'all_stocks') as shown
     from pipeline.valuation where session = $1 and rank is not null`,
    [session],
  );
  const [row] = rows;
  expect(row?.ranked).to.deep.equal(row?.sorted);
  if (row?.ranked) expect(row.shown).to.deep.equal(row.ranked);
}
