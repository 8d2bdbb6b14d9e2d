import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { ImportPhase } from '../../../phases/import/phase.js';
import { loadConfig } from '../../../src/config/load.js';
import { PipelineError } from '../../../src/core/errors.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { createTestDatabase } from '../../support/database.js';
import { runPhase } from '../../support/phase-context.js';
import { APPLE, FORD, makeRows, screenerConfig } from './screener-folders.js';
import { useImport, DAY, calendar, refusalOf } from './phase-fixture.js';

describe('the import phase', () => {
  const given = useImport();
  const { folders, read, importRows, readVersions } = given;

  it("brings a session's symbols and bars in, and says what it did", async () => {
    const report = await importRows([APPLE, ...makeRows(30), { ...FORD, lastsale: 'ten' }]);

    expect(report).to.deep.include({
      summary: '31 bars, 31 symbols (31 new), 1 row refused',
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
        corporateActions: 0,
        exceptions: 0,
      },
      warnings: ['1 row refused, see pipeline.rejected_row'],
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
    const rows = [APPLE, ...makeRows(30), { ...FORD, lastsale: 'ten' }];
    await importRows(rows);
    const before = await readVersions();

    const report = await importRows(rows);

    expect(report).to.deep.include({ changed: false, summary: '31 bars, 31 symbols, nothing changed, 1 row refused' });
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

    expect(() => new ImportPhase(given.test.database, config, calendar))
      .to.throw(PipelineError)
      .that.deep.include({
        code: 'EOD_SOURCE_UNKNOWN',
        hint: 'did you mean "screener"? sources: csv, existing, massive-flatfiles, massive, parquet, sample, screener',
      });
  });

  it('finds out that there is no data before any work', async () => {
    const phase = new ImportPhase(given.test.database, screenerConfig(folders.make({ [DAY]: {} })), calendar);

    const refusal = await refusalOf(phase.assertRunnable(parseSessionDate('2026-06-29')));

    expect(refusal.code).to.equal('EOD_SOURCE_MISSING');
  });
});
