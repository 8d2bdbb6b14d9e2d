import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ImportPhase } from '../../../phases/import/phase.js';
import { loadConfig } from '../../../src/config/load.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { PipelineError } from '../../../src/core/errors.js';
import type { PhaseReport } from '../../../src/core/phase.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runPhase, type PhaseRunOptions } from '../../support/phase-context.js';
import { APPLE, FORD, makeRows, screenerConfig, ScreenerFolders } from './screener-folders.js';

const DAY = '2026-06-30';
const calendar = new TradingCalendar();

describe('the import phase', () => {
  const folders = new ScreenerFolders();
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  after(() => folders.remove());

  const read = async (query: string) => (await test.database.pool.query<Record<string, unknown>>(query)).rows;
  const importFrom = (source: string, day = DAY, options: Partial<PhaseRunOptions> = {}): Promise<PhaseReport> =>
    run(loadConfig({ options: { import: { source } } }).config, day, options);
  const importRows = (
    rows: readonly unknown[],
    day = DAY,
    options: Partial<PhaseRunOptions> = {},
  ): Promise<PhaseReport> => run(screenerConfig(folders.make({ [day]: { 'nasdaq.json.gz': rows } })), day, options);
  const run = (config: ConstructorParameters<typeof ImportPhase>[1], day: string, options: Partial<PhaseRunOptions>) =>
    runPhase(new ImportPhase(test.database, config, calendar), test.database, {
      session: parseSessionDate(day),
      ...options,
    });
  /** Every row with the transaction that wrote it. */
  const readVersions = () =>
    read(`select 'symbols' as "table", symbol, xmin::text, last_updated::text from symbols
          union all select 'ohlcv_daily', symbol || date, xmin::text, null from ohlcv_daily
          union all select 'rejected_row', origin || row_number, xmin::text, null from pipeline.rejected_row
          order by 1, 2`);

  it("brings a session's symbols and bars in, and says what it did", async () => {
    const report = await importRows([APPLE, ...makeRows(30), { ...FORD, lastsale: 'NA' }]);

    expect(report).to.deep.include({
      summary: '31 bars, 31 symbols (31 new), 1 rows refused',
      changed: true,
      counters: {
        symbols: 31,
        bars: 31,
        failed: 1,
        rejected: 1,
        symbolsAdded: 31,
        symbolsChanged: 0,
        barsAdded: 31,
        barsChanged: 0,
      },
      warnings: ['1 rows refused, see pipeline.rejected_row'],
      details: { types: { CS: 31 }, rejectedByReason: { PRICE_INVALID: 1 } },
    });
    expect(await read(`select close, volume, date::text from ohlcv_daily where symbol = 'AAPL'`)).to.deep.equal([
      { close: '289.360000', volume: '65042961', date: DAY },
    ]);
    expect(await read('select symbol, origin, row_number, reason from pipeline.rejected_row')).to.deep.equal([
      { symbol: 'F', origin: 'nasdaq.json.gz', row_number: 32, reason: 'PRICE_INVALID' },
    ]);
    expect(await read('select status from pipeline.phase_run')).to.deep.equal([{ status: 'completed' }]);
  });

  it('writes nothing the second time', async () => {
    const rows = [APPLE, ...makeRows(30), { ...FORD, lastsale: 'NA' }];
    await importRows(rows);
    const before = await readVersions();

    const report = await importRows(rows);

    expect(report).to.deep.include({ changed: false, summary: '31 bars, 31 symbols, nothing changed, 1 rows refused' });
    expect(await readVersions()).to.deep.equal(before);
  });

  it('comes to the same rows whatever their order in the file, duplicates included', async () => {
    const rows = [APPLE, { ...APPLE, volume: '1', name: 'Another Apple' }, ...makeRows(60)];
    const other = await createTestDatabase();
    const contents = `select symbol, name, market_cap, close, volume from symbols join ohlcv_daily using (symbol) order by symbol`;

    await importRows(rows);
    const config = screenerConfig(folders.make({ [DAY]: { 'nasdaq.json': rows.toReversed() } }));
    await runPhase(new ImportPhase(other.database, config, calendar), other.database, {
      session: parseSessionDate(DAY),
    });
    const { rows: reversed } = await other.database.pool.query(contents);
    await other.drop();

    expect(reversed).to.deep.equal(await read(contents));
    expect(await read('select reason, symbol from pipeline.rejected_row')).to.deep.equal([
      { reason: 'SYMBOL_DUPLICATE', symbol: 'AAPL' },
    ]);
  });

  it('keeps a symbol that is absent from the feed, active and as it was', async () => {
    await importRows([APPLE, FORD], '2026-06-29');
    const before = await read(`select xmin, * from symbols where symbol = 'F'`);

    await importRows([APPLE]);

    expect(await read(`select xmin, * from symbols where symbol = 'F'`)).to.deep.equal(before);
  });

  it('does not move symbols back when an older session is imported, and brings its bars', async () => {
    await importRows([{ ...APPLE, name: 'Apple, newer', marketCap: '500.00' }]);

    const report = await importRows(
      [{ ...APPLE, name: 'Apple, older', marketCap: '400.00', lastsale: '$1.00' }],
      '2026-06-29',
    );

    expect(await read('select name, market_cap from symbols')).to.deep.equal([
      { name: 'Apple, newer', market_cap: '500' },
    ]);
    expect(await read('select date::text, close from ohlcv_daily order by date')).to.deep.equal([
      { date: '2026-06-29', close: '1.000000' },
      { date: DAY, close: '289.360000' },
    ]);
    expect(report.counters).to.include({ symbolsChanged: 0, barsAdded: 1 });
  });

  describe('holds bad data back:', () => {
    const bad = (count: number) => makeRows(count, 'BAD').map((row) => ({ ...row, lastsale: 'NA' }));

    it('imports nothing when more than 5 % of the rows are refused, and keeps those rows to look at', async () => {
      const refusal = await refusalOf(importRows([...makeRows(94), ...bad(6)]));

      expect(refusal.code).to.equal('EOD_SOURCE_INVALID');
      const examples = [95, 96, 97].map(
        (row) => `row ${row} of nasdaq.json.gz: lastsale is "NA"; allowed is a price above zero`,
      );
      expect(refusal.message).to.equal('6 of 100 rows of 2026-06-30 are not valid: more than 5 % (6 PRICE_INVALID)');
      expect(refusal.hint).to.include('nothing was imported').and.include(examples.join(' | '));
      expect(refusal.context).to.deep.equal({ rejectedByReason: { PRICE_INVALID: 6 }, examples });
      expect(await read('select count(*)::int as symbols from symbols')).to.deep.equal([{ symbols: 0 }]);
      expect(await read('select count(*)::int as bars from ohlcv_daily')).to.deep.equal([{ bars: 0 }]);
      expect(await read('select symbol, reason from pipeline.rejected_row order by row_number limit 1')).to.deep.equal([
        { symbol: 'BAD1', reason: 'PRICE_INVALID' },
      ]);
      expect(await read('select count(*)::int as refused from pipeline.rejected_row')).to.deep.equal([{ refused: 6 }]);
    });

    it('says so even when the refused rows cannot be kept', async () => {
      await test.database.pool.query('alter table pipeline.rejected_row add check (row_number < 0)');

      const refusal = await refusalOf(importRows([...makeRows(1), ...bad(6)]));

      expect(refusal.code).to.equal('EOD_SOURCE_INVALID');
      expect(refusal.message).to.include('6 of 7 rows');
    });

    it('imports the rest when it is 5 % exactly', async () => {
      const report = await importRows([...makeRows(95), ...bad(5)]);

      expect(report.counters).to.include({ symbols: 95, rejected: 5 });
    });

    it('imports nothing when every row is refused, and clears that up once the feed is right', async () => {
      await refusalOf(importRows(bad(1)));

      await importRows([APPLE]);

      expect(await read('select * from pipeline.rejected_row')).to.deep.equal([]);
    });

    it('imports nothing of a session when its last file is broken', async () => {
      const files = { 'nasdaq.json': [APPLE], 'nyse.json': [FORD], 'amex.json': '[{"symbol": "X"' };
      const config = screenerConfig(folders.make({ [DAY]: files }), ['nasdaq', 'nyse', 'amex']);

      const refusal = await refusalOf(run(config, DAY, {}));

      expect(refusal.code).to.equal('EOD_SOURCE_INVALID');
      expect(await readVersions()).to.deep.equal([]);
    });

    it('survives rows that hold anything JSON can', async () => {
      const odd = [
        null,
        [[APPLE]],
        { ...FORD, name: 'Nul\0 tab\t 😀 half \ud83d', symbol: 'ODD' },
        { ...FORD, name: 'N'.repeat(300), symbol: 'LONG' },
        { ...FORD, name: `'; drop table symbols; --`, symbol: 'DROP', sector: '\\N', industry: '\\.' },
        { ...FORD, symbol: 'Z'.repeat(300) },
        { ...FORD, symbol: 'A"\'\\' },
        { ...FORD, marketCap: '1e300' },
        { ...FORD, volume: -1 },
      ];

      const report = await importRows([...makeRows(200), ...odd]);

      // Ford, which two rows were refused of, and the two symbols that are none; the rows without a symbol are nobody's.
      expect(report.counters).to.include({ rejected: 6, failed: 3 });
      expect(report.details).to.deep.include({
        rejectedByReason: { MARKET_CAP_INVALID: 1, NOT_A_ROW: 2, SYMBOL_INVALID: 2, VOLUME_INVALID: 1 },
      });
      expect(
        await read(`select name, sector, industry from symbols where symbol in ('ODD', 'DROP') order by symbol`),
      ).to.deep.equal([
        { name: `'; drop table symbols; --`, sector: '\\N', industry: '\\.' },
        { name: 'Nul tab 😀 half \ufffd', sector: 'Industrials', industry: 'Auto Manufacturing' },
      ]);
      expect(await read(`select length(name) from symbols where symbol = 'LONG'`)).to.deep.equal([{ length: 255 }]);
    });

    it('refuses symbols that the columns of an adopted table have no room for, and imports the others', async () => {
      await test.database.pool.query('alter table ohlcv_daily alter column symbol type varchar(5)');
      const long = ['LONGER/A', 'LONGER/B'].map((symbol) => ({ ...FORD, symbol }));

      const report = await importRows([...makeRows(60), ...long]);

      expect(report.counters).to.include({ symbols: 60, bars: 60, failed: 2, rejected: 2 });
      expect(await read('select symbol, reason, detail from pipeline.rejected_row order by symbol')).to.deep.equal([
        { symbol: 'LONGER/A', reason: 'SYMBOL_INVALID', detail: 'symbol columns have at most 5 characters' },
        { symbol: 'LONGER/B', reason: 'SYMBOL_INVALID', detail: 'symbol columns have at most 5 characters' },
      ]);
    });

    it('keeps the database as it is when the next feed is broken', async () => {
      await importRows([APPLE, FORD], '2026-06-29');
      const before = await readVersions();

      await refusalOf(importRows([]));

      expect(await readVersions()).to.deep.equal(before);
    });
  });

  describe('keeps invented and real data apart:', () => {
    it('the sample market does not go where real symbols are', async () => {
      await importRows([APPLE], '2026-06-29');
      const before = await readVersions();

      const refusal = await refusalOf(importFrom('sample'));

      expect(refusal.code).to.equal('EOD_SOURCE_MISMATCH');
      expect(refusal.hint).to.include('--data-dir PATH or DATABASE_URL');
      expect(await readVersions()).to.deep.equal(before);
    });

    it("the sample market does not go where a host's symbols have no locale at all", async () => {
      await test.database.pool.query(`insert into symbols (symbol) values ('AAPL')`);

      expect((await refusalOf(importFrom('sample'))).code).to.equal('EOD_SOURCE_MISMATCH');
    });

    it('the sample market does not go where bars are, even without symbols', async () => {
      await test.database.pool.query(
        `insert into ohlcv_daily (symbol, date, close, volume) values ('AAPL', '2026-06-29', 1, 1)`,
      );
      const before = await readVersions();

      const refusal = await refusalOf(importFrom('sample'));

      expect(refusal.code).to.equal('EOD_SOURCE_MISMATCH');
      expect(refusal.message).to.include('bars');
      expect(await readVersions()).to.deep.equal(before);
    });

    for (const type of ['stock_universe', 'etf_universe', 'stock_etf_combo', 'stock_stats', 'themes']) {
      it(`the sample market does not go where cache_entries has rows of the type "${type}"`, async () => {
        await test.database.pool.query(
          `insert into cache_entries (type, name, key, value) values ('${type}', 'market_leaders', 'top_50', '[]')`,
        );

        const refusal = await refusalOf(importFrom('sample'));

        expect(refusal.code).to.equal('EOD_SOURCE_MISMATCH');
        expect(refusal.message).to.include('published universes');
        expect(await readVersions()).to.deep.equal([]);
      });
    }

    it('the sample market goes where only other rows of cache_entries are, and continues where its own are', async () => {
      const insert = `insert into cache_entries (type, name, key, value) values`;
      await test.database.pool.query(`${insert} ('app_settings', 'theme', 'dark', '{}')`);

      await importFrom('sample', '2025-01-02');
      await test.database.pool.query(`${insert} ('stock_universe', 'market_leaders', 'top_50', '[]')`);
      const report = await importFrom('sample', '2025-01-03');

      expect(report.changed).to.equal(true);
    });

    for (const source of ['screener', 'existing']) {
      it(`the source "${source}" does not go where the sample market is`, async () => {
        await test.database.pool.query(`insert into symbols (symbol, locale, active) values ('ACME', 'sample', true);
          insert into ohlcv_daily (symbol, date, close, volume) values ('ACME', '${DAY}', 1, 1)`);
        const before = await readVersions();

        const refusal = await refusalOf(source === 'screener' ? importRows([APPLE]) : importFrom('existing'));

        expect(refusal.code).to.equal('EOD_SOURCE_MISMATCH');
        expect(refusal.message).to.include('sample market').and.include(`"${source}"`);
        expect(refusal.hint).to.include('--data-dir PATH or DATABASE_URL');
        expect(await readVersions()).to.deep.equal(before);
      });
    }
  });

  it('writes nothing when it is cancelled while it reads', async () => {
    const controller = new AbortController();

    const importing = refusalOf(importRows(makeRows(20_000), DAY, { signal: controller.signal }));
    await sleep(150);
    controller.abort();

    expect((await importing).code).to.equal('EOD_CANCELLED');
    expect(await readVersions()).to.deep.equal([]);
  });

  it('refuses a source that nobody knows, naming the nearest', () => {
    const { config } = loadConfig({ options: { import: { source: 'screner' } } });

    expect(() => new ImportPhase(test.database, config, calendar))
      .to.throw(PipelineError)
      .that.deep.include({
        code: 'EOD_SOURCE_UNKNOWN',
        hint: 'did you mean "screener"? sources: existing, sample, screener',
      });
  });

  it('finds out that there is no data before any work', async () => {
    const phase = new ImportPhase(test.database, screenerConfig(folders.make({ [DAY]: {} })), calendar);

    const refusal = await refusalOf(phase.assertRunnable(parseSessionDate('2026-06-29')));

    expect(refusal.code).to.equal('EOD_SOURCE_MISSING');
  });
});

async function refusalOf(work: Promise<unknown>): Promise<PipelineError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(PipelineError);
  return thrown as PipelineError;
}
