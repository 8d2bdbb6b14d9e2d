import { expect } from 'chai';
import { CacheSyncPhase } from '../../phases/cache-sync/phase.js';
import { ImportPhase } from '../../phases/import/phase.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import { parseSessionDate } from '../../src/core/session.js';
import { migrate } from '../../src/db/migrate.js';
import { APPLE, FORD, makeRows, screenerConfig, ScreenerFolders } from '../phases/import/screener-folders.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { runPhase } from '../support/phase-context.js';
import { TICKSTOCK_TABLES } from '../support/tickstock-tables.js';

const SESSION = parseSessionDate('2026-06-30');

/** Columns, and which of them hold the key, the symbols and the kind of universe. */
const OTHER_LAYOUTS = {
  universe: [
    `id serial primary key, universe varchar(100) unique, content jsonb, cache_type varchar(50),
     created_at timestamptz, updated_at timestamptz`,
    'universe',
    `content -> 'symbols'`,
    'cache_type',
  ],
  symbols: [
    `id serial primary key, cache_key varchar unique, symbols jsonb, universe_category varchar(50),
     liquidity_filter jsonb, universe_metadata jsonb, last_universe_update timestamp`,
    'cache_key',
    'symbols',
    'universe_category',
  ],
} as const;

describe('a session on an adopted database', () => {
  const folders = new ScreenerFolders();
  const calendar = new TradingCalendar();
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createEmptyDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  after(() => folders.remove());

  const read = async (query: string) => (await test.database.pool.query<Record<string, unknown>>(query)).rows;

  /** Five in the afternoon in New York. */
  const clock = { now: () => Date.UTC(2026, 5, 30, 21) };

  async function runSession(): Promise<void> {
    const rows = [
      { ...APPLE, name: `${APPLE.name} ${'with a name longer than the column'.repeat(3)}` },
      { ...FORD, symbol: 'PENNY', lastsale: '$0.00016' },
      {
        ...FORD,
        symbol: 'BRK/A',
        lastsale: '$745140.030000000028',
        industry: 'Diversified and otherwise unclassified',
      },
      ...makeRows(40),
    ];
    const config = screenerConfig(folders.make({ [SESSION]: { 'nasdaq.json': rows } }));
    await migrate(test.database);
    await runPhase(new ImportPhase(test.database, config, calendar), test.database, { session: SESSION, clock });
    await runPhase(new CacheSyncPhase(test.database, config, calendar), test.database, { session: SESSION, clock });
  }

  it('is imported into the columns that are there, whatever their lengths, and published', async () => {
    await test.database.pool.query(TICKSTOCK_TABLES);
    const foreign = 'select xmin::text, * from cache_entries where id <= 4 order by id';
    const kept = `select xmin::text, * from processing_runs`;
    const before = [await read(foreign), await read(kept)];

    await runSession();

    expect(
      await read(`select symbol, close, volume from ohlcv_daily where date = '2026-06-30'
                       and symbol in ('AAPL', 'PENNY', 'BRK/A') order by symbol`),
    ).to.deep.equal([
      { symbol: 'AAPL', close: '289.3600', volume: '65042961' },
      { symbol: 'BRK/A', close: '745140.0300', volume: '59291673' },
      { symbol: 'PENNY', close: '0.0002', volume: '59291673' },
    ]);
    expect(
      await read(`select name, sector, watched, note, market_cap from symbols where symbol = 'AAPL'`),
    ).to.deep.equal([
      {
        name: 'Apple Inc.',
        sector: 'Technology',
        watched: true,
        note: 'mine',
        // 289.36 × 20,000,000,000 shares, more than 5 % from the cap there was.
        market_cap: '5787200000000',
      },
    ]);
    expect(await read(`select active from symbols where symbol = 'GONE'`)).to.deep.equal([{ active: false }]);
    expect(
      await read(`select value -> 'stocks' -> 0 ->> 'ticker' as first from cache_entries
                       where type = 'stock_universe' and name = 'market_leaders' and key = 'top_50'`),
    ).to.deep.equal([{ first: 'AAPL' }]);
    expect([await read(foreign), await read(kept)]).to.deep.equal(before);
  });

  it('is imported where every column that always gets a value, or is left to its default, must not be null', async () => {
    const mustNotBeNull = (type: string, names: readonly string[]) =>
      names.map((name) => `${name} ${type} not null`).join(', ');
    await test.database.pool.query(`
      create table symbols (symbol text primary key, active boolean not null, sic_code text not null default '',
        ${mustNotBeNull('text', ['exchange', 'primary_exchange', 'market', 'locale', 'currency_name', 'type'])},
        ${mustNotBeNull('timestamptz', ['last_updated', 'last_updated_utc'])});
      create table ohlcv_daily (symbol text not null, date date not null, close numeric not null, volume bigint not null,
        created_at timestamptz not null default now(), unique (symbol, date));
      create table cache_entries (${mustNotBeNull('text', ['type', 'name', 'key', 'environment'])}, value jsonb not null,
        ${mustNotBeNull('timestamptz', ['created_at', 'updated_at'])})`);

    await runSession();

    expect(await read('select count(*)::int as bars from ohlcv_daily')).to.deep.equal([{ bars: 43 }]);
    expect(await read('select count(*)::int > 0 as published from cache_entries')).to.deep.equal([{ published: true }]);
  });

  it('gives UTC times to columns without a time zone, whatever the time zone of the process', async () => {
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Asia/Tokyo';
    try {
      await test.database.pool.query(TICKSTOCK_TABLES);
      await runSession();
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }

    expect(
      await read(`select distinct last_updated::text as at from symbols where symbol in ('AAPL', 'PENNY')
                  union select distinct updated_at::text from cache_entries where id > 4
                  union select distinct created_at::text from cache_entries where id > 4`),
    ).to.deep.equal([{ at: '2026-06-30 21:00:00' }]);
  });

  it('is imported into partitioned tables, and writes nothing when it is run again', async () => {
    await test.database.pool.query(`
      create table symbols (symbol varchar(20), name text, type text, active boolean, market_cap bigint, sector text, unique (symbol))
        partition by hash (symbol);
      create table symbols_0 partition of symbols for values with (modulus 2, remainder 0);
      create table symbols_1 partition of symbols for values with (modulus 2, remainder 1);
      create table ohlcv_daily (symbol varchar(20) not null, date date not null, open numeric(12,4), high numeric(12,4), low numeric(12,4),
        close numeric(12,4), volume bigint, unique (symbol, date)) partition by range (date);
      create table ohlcv_2026 partition of ohlcv_daily for values from ('2026-01-01') to ('2027-01-01')`);
    await migrate(test.database);

    const rows = [APPLE, FORD, { ...FORD, symbol: 'AMX' }];
    const config = screenerConfig(folders.make({ [SESSION]: { 'nasdaq.json': rows } }));
    const runImport = () =>
      runPhase(new ImportPhase(test.database, config, calendar), test.database, { session: SESSION, clock });

    const [first, second] = [await runImport(), await runImport()];

    expect(first.counters).to.include({ barsAdded: 3, symbolsAdded: 3 });
    expect(second.counters).to.include({ barsAdded: 0, barsChanged: 0, symbolsAdded: 0, symbolsChanged: 0 });
  });

  it('writes nothing when it is run again', async () => {
    await test.database.pool.query(TICKSTOCK_TABLES);
    await runSession();
    const contents = ['symbols', 'ohlcv_daily', 'cache_entries', 'daily_indicators'].map(
      (table) => `select xmin::text, * from ${table} order by ctid`,
    );
    const before = await Promise.all(contents.map(read));

    await runSession();

    expect(await Promise.all(contents.map(read))).to.deep.equal(before);
  });

  for (const [layout, [columns, place, symbols, kind]] of Object.entries(OTHER_LAYOUTS)) {
    it(`is published into a cache_entries of the layout "${layout}", and published again without a write`, async () => {
      await test.database.pool.query(`create table cache_entries (${columns})`);
      await runSession();
      const published = await read(`select xmin::text, * from cache_entries order by id`);

      await runSession();

      expect(
        await read(`select ${place} as place, ${kind} as kind, ${symbols} -> 0 as first from cache_entries
                    where ${place} in ('mega_cap', 'top_1000', 'complete_top_1000') order by 1`),
      ).to.deep.equal([
        { place: 'complete_top_1000', kind: 'complete', first: 'AAPL' },
        { place: 'mega_cap', kind: 'market_cap', first: 'AAPL' },
        { place: 'top_1000', kind: 'market_leader', first: 'AAPL' },
      ]);
      expect(await read(`select xmin::text, * from cache_entries order by id`)).to.deep.equal(published);
    });
  }

  it('is refused on a cache_entries of no known layout, naming its columns', async () => {
    await test.database.pool.query('create table cache_entries (id serial primary key, blob bytea)');

    const refusal = await runSession().catch((error: unknown) => error);

    expect(refusal).to.be.instanceOf(PipelineError).and.include({ code: 'EOD_DB_SCHEMA' });
    expect(refusal).to.have.property('message').that.includes('id, blob');
    expect(await read('select * from cache_entries')).to.deep.equal([]);
  });
});
