import { expect } from 'chai';
import type { BarRecord, RejectedRow } from '../../../phases/import/source.js';
import { copyBars, writeRejectedRows } from '../../../phases/import/write-rows.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { useRows, DAY } from './write-rows-fixture.js';

const RUN = '6f1c2b1e-0000-4000-8000-000000000001';

const BAR: BarRecord = { symbol: 'F', date: DAY, open: null, high: null, low: null, close: 13.9, volume: 59_291_673 };

describe('writing imported rows', () => {
  const given = useRows();
  const { bars, readAll } = given;

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
      await given.test.database.pool.query('alter table ohlcv_daily alter column close type decimal(12,4)');
      const penny = { ...BAR, close: 0.00016 };

      const counts = [await bars([penny]), await bars([penny])];

      expect(counts.map((count) => count.added + count.changed)).to.deep.equal([1, 0]);
      expect(await readAll('select close from ohlcv_daily')).to.deep.equal([{ close: '0.0002' }]);
    });

    it('settle in floating-point columns too', async () => {
      await given.test.database.pool.query('alter table ohlcv_daily alter column close type real');

      const counts = [await bars([{ ...BAR, close: 745140.03 }]), await bars([{ ...BAR, close: 745140.03 }])];

      expect(counts.map((count) => count.added + count.changed)).to.deep.equal([1, 0]);
    });

    it('of earlier sessions are loaded as they come', async () => {
      const earlier = ['2026-06-26', '2026-06-29'].map((date) => ({ ...BAR, date: parseSessionDate(date) }));

      const sessions: string[] = [];

      const loaded = await given.test.database.transaction(({ client }) =>
        copyBars(client, earlier, (session) => sessions.push(session)),
      );

      expect(loaded).to.equal(2);
      expect(sessions).to.deep.equal(['2026-06-26']);
      expect(await readAll('select date::text from ohlcv_daily order by date')).to.deep.equal([
        { date: '2026-06-26' },
        { date: '2026-06-29' },
      ]);
    });
  });

  describe('bars of a table that requires every price', () => {
    beforeEach(async () => {
      await given.test.database.pool.query(
        'alter table ohlcv_daily alter column open set not null, alter column high set not null, alter column low set not null',
      );
    });

    const readPrices = () => readAll('select open::float8, high::float8, low::float8, close::float8 from ohlcv_daily');

    it('get their close for the prices that are not known, in history as well', async () => {
      await given.test.database.transaction(({ client }) =>
        copyBars(client, [{ ...BAR, high: 14.5 }], () => undefined),
      );

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
      raw: '{"symbol":"F","lastsale":"ten"}',
      reason: 'PRICE_INVALID',
      detail: 'lastsale is "ten"; allowed is a price above zero',
    };
    const write = (rows: readonly RejectedRow[], source = 'screener', session: string = DAY) =>
      given.test.database.transaction(({ client }) => writeRejectedRows(client, rows, { session, source, runId: RUN }));

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
