import { expect } from 'chai';
import pg from 'pg';
import { CacheSyncPhase } from '../../phases/cache-sync/phase.js';
import { ImportPhase } from '../../phases/import/phase.js';
import { IndicatorsPhase } from '../../phases/indicators/phase.js';
import { loadConfig } from '../../src/config/load.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import type { SessionDate } from '../../src/core/session.js';
import { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import { APPLE, FORD, makeRows, ScreenerFolders } from '../phases/import/screener-folders.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { runPhase } from '../support/phase-context.js';
import { TICKSTOCK_TABLES } from '../support/tickstock-tables.js';

const calendar = new TradingCalendar();
const SESSIONS = calendar.between('2026-06-22' as SessionDate, '2026-06-30' as SessionDate);
const [FIRST, SECOND, SIXTH, LAST] = [SESSIONS[0], SESSIONS[1], SESSIONS[5], SESSIONS[6]];

/** The consumer's tables, and what differs between its installations. */
const TABLES: Readonly<Record<string, string>> = {
  'times without a zone': '',
  'one time without a zone, the other added with one': 'alter table symbols drop column last_updated_utc',
  'one time with a zone': 'alter table symbols alter column last_updated_utc type timestamptz',
  'one row of cache_entries a type and key': `delete from cache_entries where type = 'app_settings' and value = '{"on": false}';
    alter table cache_entries add unique (type, key, environment)`,
};

describe("evenings on the consumer's own tables", () => {
  const folders = new ScreenerFolders();
  const zone = process.env['TZ'];
  let test: TestDatabase;
  let pool: pg.Pool;
  let database: Database;

  beforeEach(async () => {
    process.env['TZ'] = 'America/New_York';
    test = await createEmptyDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 4, options: '-c timezone=Asia/Tokyo' });
    database = Database.adopt(pool);
  });

  afterEach(async () => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
    await pool.end();
    await test.drop();
  });

  after(() => folders.remove());

  /** In the zone of the test's own connections, UTC. */
  const read = async (query: string) => (await test.database.pool.query<Record<string, unknown>>(query)).rows;
  const readForeign = () =>
    read(`select xmin::text, * from cache_entries where type in ('app_settings', 'something_else')`);
  const config = () => {
    const market = [APPLE, ...makeRows(40)];
    const files = SESSIONS.map((session) => {
      // Absent from the second session to the sixth, which makes five: a delisting; back in the last.
      const rows = session === FIRST || session === LAST ? [...market, FORD] : market;
      return [session, { 'nasdaq.json': rows }] as const;
    });
    const dir = folders.make(Object.fromEntries(files));
    const source = { source: 'screener', dir, exchanges: ['nasdaq'] };
    return loadConfig({ options: { import: source, universes: { delistAfterSessions: 5 } } }).config;
  };
  /** Five in the afternoon in New York, on every session. */
  const runEvenings = async (sessions: readonly SessionDate[]): Promise<void> => {
    const parts = [database, config(), calendar] as const;
    const phases = [new ImportPhase(...parts), new CacheSyncPhase(...parts), new IndicatorsPhase(...parts)];
    for (const session of sessions) {
      const clock = { now: () => Date.parse(`${session}T21:00:00Z`) };
      for (const phase of phases) await runPhase(phase, database, { session, clock });
    }
  };

  for (const [what, difference] of Object.entries(TABLES)) {
    it(`note delistings and listings in UTC: ${what}`, async () => {
      await test.database.pool.query(TICKSTOCK_TABLES);
      await test.database.pool.query(`truncate ohlcv_daily; ${difference}`);
      const foreign = await readForeign();
      const readFord = () =>
        read(`select active, delisted_date::text as delisted, left(last_updated::text, 19) as updated,
                     left(last_updated_utc::text, 19) as utc, country
              from symbols where symbol = 'F'`);
      await migrate(database);

      await runEvenings(SESSIONS.slice(0, -1));
      const gone = await readFord();
      await runEvenings(SESSIONS.slice(-1));

      const [wasGone, isBack] = [`${SIXTH} 21:00:00`, `${LAST} 21:00:00`];
      expect(gone).to.deep.equal([{ active: false, delisted: SECOND, updated: wasGone, utc: wasGone, country: 'US' }]);
      expect(await readFord()).to.deep.equal([
        { active: true, delisted: null, updated: isBack, utc: isBack, country: 'US' },
      ]);
      expect(await readForeign()).to.deep.equal(foreign);
      expect(
        await read(
          `select distinct updated_at::text as at from cache_entries where key = 'top_50' and type = 'stock_universe'`,
        ),
      ).to.deep.equal([{ at: `${LAST} 21:00:00` }]);
    });
  }

  it('write the close where the table requires prices that the source lacks, and keep those that it has', async () => {
    await test.database.pool.query(TICKSTOCK_TABLES);
    await test.database.pool.query(`insert into ohlcv_daily (symbol, date, open, high, low, close, volume)
      values ('AAPL', '${FIRST}', 280, 291, 279.5, 285, 1)`);
    await migrate(database);

    await runEvenings([FIRST as SessionDate]);
    const prices = `select symbol, open, high, low, close from ohlcv_daily where date = '${FIRST}' and symbol in ('AAPL', 'F') order by 1`;
    const first = await read(prices);
    await database.pool.query(`update ohlcv_daily set open = 14, high = 14, low = 14, close = 14 where symbol = 'F'`);
    await runEvenings([FIRST as SessionDate]);

    const expected = [
      { symbol: 'AAPL', open: '280.0000', high: '291.0000', low: '279.5000', close: '289.3600' },
      { symbol: 'F', open: '13.9000', high: '13.9000', low: '13.9000', close: '13.9000' },
    ];
    expect(first).to.deep.equal(expected);
    expect(await read(prices)).to.deep.equal(expected);
  });

  it('let indicators expire at the close of the next session', async () => {
    await test.database.pool.query(TICKSTOCK_TABLES);
    const days = calendar.between('2026-05-18' as SessionDate, '2026-06-19' as SessionDate);
    await test.database.pool.query(
      `insert into ohlcv_daily (symbol, date, open, high, low, close, volume)
       select 'AAPL', day, 200, 200, 200, 200, 1000 from unnest($1::date[]) as day`,
      [days],
    );
    await migrate(database);

    await runEvenings(SESSIONS.slice(3, 5));

    // Friday's values stand until Monday's close, four in the afternoon in New York.
    expect(
      await read(`select distinct calculation_timestamp::text as at, expiration_date::text as until
                  from daily_indicators where symbol = 'AAPL' and metadata is not null`),
    ).to.deep.equal([{ at: '2026-06-26 21:00:00', until: '2026-06-29 20:00:00' }]);
  });
});
