import { expect } from 'chai';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { collectRows } from '../../phases/import/collect.js';
import { ImportPhase } from '../../phases/import/phase.js';
import type { MarketSource, SourceFeed, SourceRequest } from '../../phases/import/source.js';
import { SOURCES } from '../../phases/import/sources/index.js';
import { assertListings } from '../../src/testing/source-contract.js';
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema/index.js';
import { TradingCalendar } from '../../src/core/calendar.js';
import { PipelineError } from '../../src/core/errors.js';
import { parseSessionDate } from '../../src/core/session.js';
import { APPLE, makeRows, screenerConfig, ScreenerFolders } from '../phases/import/screener-folders.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { runPhase } from '../support/phase-context.js';
import { MASSIVE_KEY, MassiveServer, toBarRow, toTickerRow } from '../support/massive-server.js';
import { waitForStatement } from '../support/statements.js';

const EARLIER = parseSessionDate('2026-06-29');
const SESSION = parseSessionDate('2026-06-30');
const SATURDAY = parseSessionDate('2026-06-27');

/** What a source needs to be tried: a configuration under which it has both sessions, and rows the database has to hold already. */
interface Trial {
  readonly config: () => Config | Promise<Config>;
  readonly seed?: string;
  readonly close?: () => Promise<void>;
}

const folders = new ScreenerFolders();

const tickers = Array.from({ length: 500 }, (_, index) => `Q${String.fromCharCode(65 + (index % 26))}${index}`);
const massive = new MassiveServer({
  bars: Object.fromEntries(
    [EARLIER, SESSION].map((session) => [session, tickers.map((ticker) => toBarRow(ticker, 13.9, 1000.5))]),
  ),
  tickers: tickers.map((ticker) => toTickerRow(ticker)),
});

const TRIALS: Readonly<Record<string, Trial>> = {
  csv: {
    config: () => {
      const header = 'date,symbol,close,change,volume,name,type,exchange';
      const rows = [EARLIER, SESSION].flatMap((session) =>
        Array.from({ length: 500 }, (_, index) => `${session},Q${index + 1},13.90,-0.12,1000,Q Inc,CS,NYSE`),
      );
      const dir = folders.make({ bars: { 'bars.csv': [header, ...rows].join('\n') } });
      return loadConfig({ options: { import: { source: 'csv', dir } } }).config;
    },
  },
  'massive-flatfiles': {
    config: () => {
      const header = 'ticker,volume,open,close,high,low,window_start,transactions';
      const file = (nanoseconds: string) =>
        [
          header,
          ...Array.from({ length: 500 }, (_, index) => `Q${index + 1},1000,13.9,13.9,14,13,${nanoseconds},9`),
        ].join('\n');
      const dir = folders.make({
        '2026/06': {
          [`${EARLIER}.csv`]: file('1782705600000000000'),
          [`${SESSION}.csv`]: file('1782792000000000000'),
        },
      });
      return loadConfig({ options: { import: { source: 'massive-flatfiles', dir } } }).config;
    },
  },
  parquet: {
    config: () => {
      const sessions = [EARLIER, SESSION].flatMap((session) => Array.from({ length: 500 }, () => session));
      const text = (name: string, value: string) => ({ name, data: sessions.map(() => value) });
      const bytes = parquetWriteBuffer({
        columnData: [
          { name: 'date', data: sessions },
          { name: 'symbol', data: sessions.map((_, index) => `Q${(index % 500) + 1}`) },
          { name: 'close', data: sessions.map(() => 13.9) },
          { name: 'change', data: sessions.map(() => -0.12) },
          { name: 'volume', data: sessions.map(() => 1000) },
          text('name', 'Q Inc'),
          text('type', 'CS'),
          text('exchange', 'NYSE'),
        ],
      });
      const dir = folders.make({ bars: { 'bars.parquet': new Uint8Array(bytes) } });
      return loadConfig({ options: { import: { source: 'parquet', dir } } }).config;
    },
  },
  massive: {
    config: async () => {
      const settings = { apiKey: MASSIVE_KEY, url: await massive.start() };
      return loadConfig({ options: { import: { source: 'massive', massive: settings } } }).config;
    },
    close: () => massive.stop(),
  },
  screener: {
    config: () => {
      const rows = [APPLE, ...makeRows(500)];
      return screenerConfig(
        folders.make({ [EARLIER]: { 'nasdaq.json': rows }, [SESSION]: { 'nasdaq.json.gz': rows } }),
      );
    },
  },
  sample: {
    config: () => loadConfig({ options: { import: { source: 'sample' } } }).config,
    // One bar, so that no history of a year is loaded for every trial.
    seed: `insert into symbols (symbol, locale, active) values ('ACME', 'sample', true);
           insert into ohlcv_daily (symbol, date, close, volume) values ('ACME', '2026-06-26', 1, 1)`,
  },
  existing: {
    config: () => loadConfig({ options: { import: { source: 'existing' } } }).config,
    seed: `insert into symbols (symbol, active) select 'Q' || i, true from generate_series(1, 500) i;
           insert into ohlcv_daily (symbol, date, close, volume)
           select 'Q' || i, date, 13.9, 1000 from generate_series(1, 500) i, unnest('{2026-06-29,2026-06-30}'::date[]) date`,
  },
};

const calendar = new TradingCalendar();

for (const Source of SOURCES) {
  const { id } = new Source({ config: loadConfig({}).config, calendar, database: {} as TestDatabase['database'] });

  describe(`the source "${id}" keeps the contract of sources: it`, () => {
    let test: TestDatabase;
    let config: Config;
    let source: MarketSource;

    before(async () => {
      const trial = TRIALS[id];
      if (trial === undefined) throw new Error(`say under TRIALS how to try the source "${id}"`);
      config = await trial.config();
    });

    after(() => TRIALS[id]?.close?.());

    beforeEach(async () => {
      test = await createTestDatabase();
      source = new Source({ config, calendar, database: test.database });
      const seed = TRIALS[id]?.seed;
      if (seed !== undefined) await test.database.pool.query(seed);
    });

    afterEach(async () => {
      await test.drop();
    });

    const open = async (options: Partial<SourceRequest>, use: (feed: SourceFeed) => Promise<void> | void) =>
      test.database.transaction(async (transaction) => {
        const signal = new AbortController().signal;
        await use(await source.open({ session: SESSION, signal, firstLoad: false, transaction, ...options }));
      });
    const run = (session = SESSION, signal?: AbortSignal) =>
      runPhase(new ImportPhase(test.database, config, calendar), test.database, {
        session,
        ...(signal && { signal }),
      });
    const readVersions = async () => {
      const { rows } = await test.database.pool.query<{ name: string }>(
        `select symbol as name, xmin::text from symbols union all select symbol || date, xmin::text from ohlcv_daily order by 1`,
      );
      return rows;
    };

    it('has a name for people and finds a session that is there', async () => {
      expect(source.title).to.match(/\w{3}/);
      await source.assertAvailable?.(SESSION);
    });

    it('gives valid listings of the session asked for, each symbol once', async () => {
      for (const session of [EARLIER, SESSION]) {
        await open({ session }, async (feed) => {
          if (feed.kind === 'verified') {
            expect(feed.bars).to.be.above(0);
            expect(feed.symbols).to.be.above(0);
            return;
          }
          const { listings, rejected } = await collectRows(feed.rows, () => undefined);
          expect(rejected).to.deep.equal([]);
          assertListings(listings, session);
        });
      }
    });

    it('only reads the database, and can do so where nothing may be written', async () => {
      await test.database.transaction(async (transaction) => {
        await transaction.client.query('set transaction read only');
        const { signal } = new AbortController();
        const feed = await source.open({ session: SESSION, signal, firstLoad: false, transaction });
        if (feed.kind === 'rows') await collectRows(feed.rows, () => undefined);
      });
    });

    it('leaves the session in the database', async () => {
      const report = await run();

      const { rows } = await test.database.pool.query<{ bars: number }>(
        `select count(*)::int as bars from ohlcv_daily where date = $1 and close > 0`,
        [SESSION],
      );
      expect(report.counters['bars']).to.be.above(0).and.equal(rows[0]?.bars);
      expect(report.counters['rejected']).to.equal(0);
    });

    it('writes nothing when the same session is imported again', async () => {
      await run();
      const before = await readVersions();

      const report = await run();

      expect(report.changed).to.equal(false);
      expect(await readVersions()).to.deep.equal(before);
    });

    it('refuses a day that has no session, and leaves nothing of it', async () => {
      const before = await readVersions();

      const refusal = await run(SATURDAY).catch((error: unknown) => error);

      expect(refusal).to.be.instanceOf(PipelineError);
      expect(refusal).to.have.property('code').that.is.oneOf(['EOD_SOURCE_MISSING', 'EOD_SESSION_INVALID']);
      expect(refusal).to.have.property('hint').that.is.a('string');
      expect(await readVersions()).to.deep.equal(before);
    });

    it('stops when it is told to, and leaves nothing behind', async () => {
      const before = await readVersions();

      const refusal = await run(SESSION, AbortSignal.abort()).catch((error: unknown) => error);

      expect(refusal).to.include({ code: 'EOD_CANCELLED' });
      expect(await readVersions()).to.deep.equal(before);
    });
  });
}

describe('the contract of sources', () => {
  after(() => folders.remove());

  it('is tried on every source there is, and on no other', () => {
    expect(Object.keys(TRIALS)).to.have.lengthOf(SOURCES.length);
  });
});

describe('the sample source on an empty database', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(async () => {
    await test.drop();
  });

  it('stops while it loads the sessions before, and leaves nothing behind', async () => {
    const { config } = loadConfig({ options: { import: { source: 'sample' } } });
    const controller = new AbortController();

    const importing = runPhase(new ImportPhase(test.database, config, calendar), test.database, {
      session: SESSION,
      signal: controller.signal,
    }).catch((error: unknown) => error);
    await waitForStatement(test.database, 'copy public.ohlcv_daily');
    controller.abort();
    const refusal = await importing;

    expect(refusal).to.include({ code: 'EOD_CANCELLED' });
    const { rows } = await test.database.pool.query(
      'select symbol from symbols union all select symbol from ohlcv_daily',
    );
    expect(rows).to.deep.equal([]);
  });

  it('brings along only the sessions there are since the first of the sample market', async () => {
    const early = await createTestDatabase();
    const { config } = loadConfig({ options: { import: { source: 'sample' } } });

    await runPhase(new ImportPhase(early.database, config, calendar), early.database, {
      session: parseSessionDate('2025-01-06'),
    });
    const { rows } = await early.database.pool.query('select distinct date::text from ohlcv_daily order by 1');
    await early.drop();

    expect(rows).to.deep.equal([{ date: '2025-01-02' }, { date: '2025-01-03' }, { date: '2025-01-06' }]);
  });

  it('brings a year of sessions along, once', async () => {
    const { config } = loadConfig({ options: { import: { source: 'sample' } } });
    const run = (session: typeof SESSION) =>
      runPhase(new ImportPhase(test.database, config, calendar), test.database, { session });

    await run(EARLIER);
    await run(SESSION);

    const { rows } = await test.database.pool.query(
      `select count(distinct date)::int as sessions, max(date)::text as newest from ohlcv_daily`,
    );
    expect(rows).to.deep.equal([{ sessions: 260, newest: SESSION }]);
  });
});
