import { expect } from 'chai';
import { APPLE, FORD, makeRows, screenerConfig } from './screener-folders.js';
import { useImport, DAY, refusalOf } from './phase-fixture.js';

describe('the import phase', () => {
  const given = useImport();
  const { folders, read, importFrom, importRows, run, readVersions } = given;

  describe('holds bad data back:', () => {
    const bad = (count: number) => makeRows(count, 'BAD').map((row) => ({ ...row, lastsale: 'ten' }));

    it('imports nothing when more than 5 % of the rows are refused, and keeps those rows to look at', async () => {
      const refusal = await refusalOf(importRows([...makeRows(94), ...bad(6)]));

      expect(refusal.code).to.equal('EOD_SOURCE_INVALID');
      const examples = [95, 96, 97].map(
        (row) => `row ${row} of nasdaq.json.gz: lastsale is "ten"; allowed is a price above zero`,
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
      await given.test.database.pool.query('alter table pipeline.rejected_row add check (row_number < 0)');

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

    it('imports nothing when one file has no valid row, however few rows it has', async () => {
      const files = { 'nasdaq.json': [{ error: 'too many requests' }], 'nyse.json': makeRows(100) };
      const config = screenerConfig(folders.make({ [DAY]: files }), ['nasdaq', 'nyse']);

      const refusal = await refusalOf(run(config, DAY, {}));

      expect(refusal.message).to.equal('no row of nasdaq.json of 2026-06-30 is valid (1 SYMBOL_INVALID)');
      expect(await read('select count(*)::int as symbols from symbols')).to.deep.equal([{ symbols: 0 }]);
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
      await given.test.database.pool.query('alter table ohlcv_daily alter column symbol type varchar(5)');
      const long = ['LONGER/A', 'LONGER/B'].map((symbol) => ({ ...FORD, symbol }));

      const report = await importRows([...makeRows(60), ...long]);

      expect(report.counters).to.include({ symbols: 60, bars: 60, failed: 2, rejected: 2 });
      expect(await read('select symbol, reason, detail from pipeline.rejected_row order by symbol')).to.deep.equal([
        { symbol: 'LONGER/A', reason: 'SYMBOL_INVALID', detail: 'symbol columns have at most 5 characters' },
        { symbol: 'LONGER/B', reason: 'SYMBOL_INVALID', detail: 'symbol columns have at most 5 characters' },
      ]);
    });

    it('refuses prices and volumes that the columns of an adopted table do not store, and says which are rounded', async () => {
      await given.test.database.pool.query(
        'alter table ohlcv_daily alter column close type numeric(6,2), alter column volume type integer',
      );
      const rows = [
        { ...FORD, symbol: 'TINY', lastsale: '$0.0004' },
        { ...FORD, symbol: 'HIGH', lastsale: '$9999.995' },
        { ...FORD, symbol: 'MANY', volume: '2147483648' },
        { ...FORD, symbol: 'HALF', lastsale: '$0.0151' },
        { ...FORD, symbol: 'FITS', lastsale: '$9999.99', volume: '2147483647' },
      ];

      const report = await importRows([...makeRows(60), ...rows]);

      expect(report.counters).to.include({ symbols: 62, bars: 62, rejected: 3 });
      expect(await read('select symbol, reason, detail from pipeline.rejected_row order by symbol')).to.deep.equal([
        {
          symbol: 'HIGH',
          reason: 'PRICE_OUT_OF_RANGE',
          detail: 'close is 9999.995, which ohlcv_daily.close, numeric(6,2), does not store',
        },
        {
          symbol: 'MANY',
          reason: 'VOLUME_INVALID',
          detail: 'volume is 2147483648, which ohlcv_daily.volume, integer, does not store',
        },
        {
          symbol: 'TINY',
          reason: 'PRICE_OUT_OF_RANGE',
          detail: 'close is 0.0004, which ohlcv_daily.close, numeric(6,2), does not store',
        },
      ]);
      expect(report.warnings).to.deep.equal([
        '3 rows refused, see pipeline.rejected_row',
        'ohlcv_daily.close is numeric(6,2): 1 value was rounded, by up to 32 %; to keep them: alter table ohlcv_daily alter column close type numeric(18,6)',
      ]);
      expect(
        await read(`select symbol, close::text from ohlcv_daily where symbol in ('HALF', 'FITS') order by 1`),
      ).to.deep.equal([
        { symbol: 'FITS', close: '9999.99' },
        { symbol: 'HALF', close: '0.02' },
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
      await given.test.database.pool.query(`insert into symbols (symbol) values ('AAPL')`);

      expect((await refusalOf(importFrom('sample'))).code).to.equal('EOD_SOURCE_MISMATCH');
    });

    it('the sample market does not go where bars are, even without symbols', async () => {
      await given.test.database.pool.query(
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
        await given.test.database.pool.query(
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
      await given.test.database.pool.query(`${insert} ('app_settings', 'theme', 'dark', '{}')`);

      await importFrom('sample', '2025-01-02');
      await given.test.database.pool.query(`${insert} ('stock_universe', 'market_leaders', 'top_50', '[]')`);
      const report = await importFrom('sample', '2025-01-03');

      expect(report.changed).to.equal(true);
    });

    for (const source of ['screener', 'existing']) {
      it(`the source "${source}" does not go where the sample market is`, async () => {
        await given.test.database.pool
          .query(`insert into symbols (symbol, locale, active) values ('ACME', 'sample', true);
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
});
