import { expect } from 'chai';
import type { BarRecord, RejectedRow, SymbolRecord } from '../../../phases/import/source.js';
import { loadHistory, mergeBars, mergeSymbols, writeRejectedRows } from '../../../phases/import/write-rows.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';

const DAY = parseSessionDate('2026-06-30');
const RUN = '6f1c2b1e-0000-4000-8000-000000000001';
const AT = new Date('2026-06-30T21:00:00Z');
const LATER = new Date('2026-06-30T22:00:00Z');

const FORD: SymbolRecord = {
  symbol: 'F',
  name: 'Ford Motor Company Common Stock',
  exchange: 'NYSE',
  type: 'CS',
  active: true,
  marketCapUsd: 55_387_227_557,
  sharesOutstanding: null,
  sector: 'Industrials',
  industry: 'Auto Manufacturing',
  country: 'United States',
  listDate: null,
  delistedDate: null,
  etf: null,
};
const BAR: BarRecord = { symbol: 'F', date: DAY, open: null, high: null, low: null, close: 13.9, volume: 59_291_673 };

describe('writing imported rows', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  const merge = (symbols: readonly SymbolRecord[], options: { at?: Date; onlyAdd?: boolean } = {}) =>
    test.database.transaction(({ client }) =>
      mergeSymbols(client, symbols, { locale: 'us', at: AT, onlyAdd: false, ...options }),
    );
  const bars = (records: readonly BarRecord[]) => test.database.transaction(({ client }) => mergeBars(client, records));
  const readAll = async (query: string) => (await test.database.pool.query<Record<string, unknown>>(query)).rows;

  describe('symbols', () => {
    it('adds what is new with all that is known of it', async () => {
      const fund: SymbolRecord = {
        ...FORD,
        symbol: 'SPY',
        type: 'ETF',
        etf: {
          etfType: 'broad',
          issuer: 'State Street',
          aumMillions: 600_000.5,
          expenseRatioPct: 0.0945,
          underlyingIndex: 'S&P 500',
          inceptionDate: parseSessionDate('1993-01-22'),
        },
      };

      const counts = await merge([FORD, fund]);

      expect(counts).to.deep.equal({ added: 2, changed: 0 });
      const [ford, spy] = await readAll('select to_jsonb(s) as row from symbols s order by symbol');
      expect(ford?.['row']).to.include({
        symbol: 'F',
        exchange: 'NYSE',
        primary_exchange: 'NYSE',
        market: 'stocks',
        locale: 'us',
        currency_name: 'usd',
        type: 'CS',
        active: true,
        market_cap: 55387227557,
        sector: 'Industrials',
        etf_type: null,
        last_updated: '2026-06-30T21:00:00+00:00',
        last_updated_utc: '2026-06-30T21:00:00+00:00',
      });
      expect(spy?.['row']).to.include({
        etf_type: 'broad',
        issuer: 'State Street',
        aum_millions: 600000.5,
        expense_ratio: 0.0945,
        inception_date: '1993-01-22',
      });
    });

    it('writes nothing when nothing differs', async () => {
      await merge([FORD]);
      const before = await readAll('select xmin, * from symbols');

      const counts = await merge([FORD], { at: LATER });

      expect(counts).to.deep.equal({ added: 0, changed: 0 });
      expect(await readAll('select xmin, * from symbols')).to.deep.equal(before);
    });

    it('keeps a fact that the source no longer has', async () => {
      await merge([{ ...FORD, listDate: DAY }]);

      const counts = await merge([
        { ...FORD, name: null, sector: null, marketCapUsd: null, listDate: null, country: 'USA' },
      ]);

      expect(counts).to.deep.equal({ added: 0, changed: 1 });
      expect(await readAll('select name, sector, market_cap, list_date::text, country from symbols')).to.deep.equal([
        { name: FORD.name, sector: 'Industrials', market_cap: '55387227557', list_date: DAY, country: 'USA' },
      ]);
    });

    it('leaves the market cap of a symbol with known shares to cache sync, once there is one', async () => {
      await merge([{ ...FORD, marketCapUsd: null, sharesOutstanding: 4_000_000_000 }]);
      await merge([{ ...FORD, marketCapUsd: 55_000_000_000 }]);

      const counts = await merge([{ ...FORD, marketCapUsd: 44_000_000_000, sharesOutstanding: 4_000_000_000 }]);

      expect(counts).to.deep.equal({ added: 0, changed: 0 });
      expect(await readAll('select market_cap from symbols')).to.deep.equal([{ market_cap: '55000000000' }]);
    });

    it('makes a delisted symbol active when it trades again', async () => {
      await merge([{ ...FORD, active: false, delistedDate: parseSessionDate('2026-06-01') }]);

      await merge([FORD]);

      expect(await readAll('select active, delisted_date from symbols')).to.deep.equal([
        { active: true, delisted_date: null },
      ]);
    });

    it('leaves known symbols as they are for an older session, and still adds unknown ones', async () => {
      await merge([FORD]);

      const counts = await merge(
        [
          { ...FORD, name: 'An older name', marketCapUsd: 1 },
          { ...FORD, symbol: 'OLD' },
        ],
        {
          onlyAdd: true,
        },
      );

      expect(counts).to.deep.equal({ added: 1, changed: 0 });
      expect(await readAll('select symbol, name from symbols order by symbol')).to.deep.equal([
        { symbol: 'F', name: FORD.name },
        { symbol: 'OLD', name: FORD.name },
      ]);
    });

    it("leaves the host's own columns and other symbols alone", async () => {
      await merge([FORD]);
      await test.database.pool.query(`alter table symbols add column note text;
        update symbols set note = 'mine', cik = '37996'; insert into symbols (symbol, active) values ('OTHER', true)`);

      await merge([{ ...FORD, name: 'Ford' }]);

      expect(await readAll('select symbol, name, note, cik, active from symbols order by symbol')).to.deep.equal([
        { symbol: 'F', name: 'Ford', note: 'mine', cik: '37996', active: true },
        { symbol: 'OTHER', name: null, note: null, cik: null, active: true },
      ]);
    });

    it('cuts text to the length a column has, by whole characters, and settles', async () => {
      await test.database.pool.query(
        'alter table symbols alter column name type varchar(5), alter column sector type char(4)',
      );
      const long = { ...FORD, name: '😀😀😀😀😀😀', sector: 'Industrials' };

      const counts = [await merge([long]), await merge([long])];

      expect(counts).to.deep.equal([
        { added: 1, changed: 0 },
        { added: 0, changed: 0 },
      ]);
      expect(await readAll('select name, sector from symbols')).to.deep.equal([{ name: '😀😀😀😀😀', sector: 'Indu' }]);
    });

    it('writes the same instant whatever the type of the columns', async () => {
      await test.database.pool.query(`alter table symbols alter column last_updated type timestamp`);

      await merge([FORD]);

      expect(await readAll('select last_updated::text, last_updated_utc::text from symbols')).to.deep.equal([
        { last_updated: '2026-06-30 21:00:00', last_updated_utc: '2026-06-30 21:00:00+00' },
      ]);
    });
  });

  describe('bars', () => {
    it('adds, changes and leaves alone', async () => {
      const other = { ...BAR, symbol: 'AAPL', close: 289.36 };
      const added = await bars([BAR, other]);
      const before = await readAll(`select xmin, * from ohlcv_daily where symbol = 'AAPL'`);

      const changed = await bars([{ ...BAR, close: 14 }, other]);

      expect([added, changed]).to.deep.equal([
        { added: 2, changed: 0 },
        { added: 0, changed: 1 },
      ]);
      expect(await readAll(`select close from ohlcv_daily where symbol = 'F'`)).to.deep.equal([{ close: '14.000000' }]);
      expect(await readAll(`select xmin, * from ohlcv_daily where symbol = 'AAPL'`)).to.deep.equal(before);
    });

    it("keep the host's open, high and low when the source has none, and take them when it has", async () => {
      await bars([{ ...BAR, open: 14.02, high: 14.1, low: 13.8 }]);

      await bars([{ ...BAR, close: 13.95 }]);
      await bars([{ ...BAR, close: 13.95, high: 14.2 }]);

      expect(await readAll('select open, high, low, close from ohlcv_daily')).to.deep.equal([
        { open: '14.020000', high: '14.200000', low: '13.800000', close: '13.950000' },
      ]);
    });

    it('keep as many decimals as a narrower column has, and settle', async () => {
      await test.database.pool.query('alter table ohlcv_daily alter column close type decimal(12,4)');
      const penny = { ...BAR, close: 0.00016 };

      const counts = [await bars([penny]), await bars([penny])];

      expect(counts.map((count) => count.added + count.changed)).to.deep.equal([1, 0]);
      expect(await readAll('select close from ohlcv_daily')).to.deep.equal([{ close: '0.0002' }]);
    });

    it('settle in floating-point columns too', async () => {
      await test.database.pool.query('alter table ohlcv_daily alter column close type real');

      const counts = [await bars([{ ...BAR, close: 745140.03 }]), await bars([{ ...BAR, close: 745140.03 }])];

      expect(counts.map((count) => count.added + count.changed)).to.deep.equal([1, 0]);
    });

    it('of earlier sessions are loaded as they come', async () => {
      const earlier = ['2026-06-26', '2026-06-29'].map((date) => ({ ...BAR, date: parseSessionDate(date) }));

      const loaded = await test.database.transaction(({ client }) => loadHistory(client, earlier));

      expect(loaded).to.equal(2);
      expect(await readAll('select date::text from ohlcv_daily order by date')).to.deep.equal([
        { date: '2026-06-26' },
        { date: '2026-06-29' },
      ]);
    });
  });

  describe('bars of a table that requires every price', () => {
    beforeEach(async () => {
      await test.database.pool.query(
        'alter table ohlcv_daily alter column open set not null, alter column high set not null, alter column low set not null',
      );
    });

    const readPrices = () => readAll('select open::float8, high::float8, low::float8, close::float8 from ohlcv_daily');

    it('get their close for the prices that are not known, in history as well', async () => {
      await test.database.transaction(({ client }) => loadHistory(client, [{ ...BAR, high: 14.5 }]));

      expect(await readPrices()).to.deep.equal([{ open: 13.9, high: 14.5, low: 13.9, close: 13.9 }]);
    });

    it('follow a corrected close where no range is known, and settle', async () => {
      await bars([BAR]);

      const counts = [await bars([{ ...BAR, close: 14.2 }]), await bars([{ ...BAR, close: 14.2 }])];

      expect(counts).to.deep.equal([
        { added: 0, changed: 1 },
        { added: 0, changed: 0 },
      ]);
      expect(await readPrices()).to.deep.equal([{ open: 14.2, high: 14.2, low: 14.2, close: 14.2 }]);
    });
  });

  describe('refused rows', () => {
    const row: RejectedRow = {
      origin: 'nyse.json',
      rowNumber: 3,
      symbol: 'F',
      raw: '{"symbol":"F","lastsale":"NA"}',
      reason: 'PRICE_INVALID',
      detail: 'lastsale is "NA"; allowed is a price above zero',
    };
    const write = (rows: readonly RejectedRow[], source = 'screener', session: string = DAY) =>
      test.database.transaction(({ client }) => writeRejectedRows(client, rows, { session, source, runId: RUN }));

    it('are kept with all that was known of them', async () => {
      await write([row, { ...row, rowNumber: 4, symbol: null, raw: 'null', reason: 'NOT_A_ROW' }]);

      expect(await readAll('select *, session::text from pipeline.rejected_row order by row_number')).to.deep.equal([
        {
          session: DAY,
          source: 'screener',
          origin: 'nyse.json',
          row_number: 3,
          symbol: 'F',
          raw: row.raw,
          reason: 'PRICE_INVALID',
          detail: row.detail,
          run_id: RUN,
        },
        {
          session: DAY,
          source: 'screener',
          origin: 'nyse.json',
          row_number: 4,
          symbol: null,
          raw: 'null',
          reason: 'NOT_A_ROW',
          detail: row.detail,
          run_id: RUN,
        },
      ]);
    });

    it('are those of the last import of that session and source only, and unchanged ones are not written again', async () => {
      await write([row, { ...row, rowNumber: 9 }]);
      await write([row], 'other');
      await write([row], 'screener', '2026-06-29');
      const before = await readAll(
        'select xmin, source, session::text, row_number from pipeline.rejected_row where row_number = 3 order by 2, 3',
      );

      await write([row]);

      expect(
        await readAll('select xmin, source, session::text, row_number from pipeline.rejected_row order by 2, 3'),
      ).to.deep.equal(before);
    });
  });
});
