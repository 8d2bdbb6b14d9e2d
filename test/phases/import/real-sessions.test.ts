import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ImportPhase } from '../../../phases/import/phase.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import type { PhaseReport } from '../../../src/core/phase.js';
import { parseSessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runPhase } from '../../support/phase-context.js';
import { screenerConfig } from './screener-folders.js';

const SCREENER = fileURLToPath(new URL('../../../../shared/data/us-screener', import.meta.url));

/** Expected values: the data's own README, and the files read by eye. */
describe('importing real sessions', () => {
  const config = screenerConfig(SCREENER, ['nasdaq', 'nyse', 'amex']);
  let test: TestDatabase | undefined;
  let reports: PhaseReport[];

  before(async function () {
    if (!existsSync(SCREENER)) {
      console.log('    skipped: no real market data at ../shared/data/us-screener');
      this.skip();
    }
    const { database } = (test = await createTestDatabase());
    reports = [];
    for (const day of ['2026-06-26', '2026-06-30', '2026-06-30', '2026-06-29']) {
      const phase = new ImportPhase(database, config, new TradingCalendar());
      reports.push(await runPhase(phase, database, { session: parseSessionDate(day) }));
    }
  });

  after(async () => {
    await test?.drop();
  });

  const read = async (query: string) => (await test?.database.pool.query<Record<string, unknown>>(query))?.rows;

  it('takes all 7,162 rows of 2026-06-30, of three exchanges', async () => {
    expect(reports[1]?.counters).to.include({ bars: 7162, symbols: 7162, rejected: 0 });
    expect(
      await read(`select exchange, count(*)::int from symbols join ohlcv_daily using (symbol)
                  where date = '2026-06-30' group by 1 order by 1`),
    ).to.deep.equal([
      { exchange: 'AMEX', count: 292 },
      { exchange: 'NASDAQ', count: 4151 },
      { exchange: 'NYSE', count: 2719 },
    ]);
  });

  it('changes nothing the second time', () => {
    expect(reports[2]?.changed).to.equal(false);
    expect(reports[2]?.counters).to.include({ symbolsChanged: 0, barsChanged: 0, symbolsAdded: 0, barsAdded: 0 });
  });

  it('does not let the session before change what a later one said of a symbol', () => {
    expect(reports[3]?.counters).to.include({ symbolsChanged: 0 });
    expect(reports[3]?.counters['barsAdded']).to.be.above(7000);
  });

  it('takes the trailing spaces off ECC and ETX', async () => {
    expect(await read(`select symbol from symbols where symbol like 'ECC %' or symbol like 'ETX %'`)).to.deep.equal([]);
    expect(
      await read(
        `select symbol, close from ohlcv_daily where symbol in ('ECC', 'ETX') and date = '2026-06-30' order by 1`,
      ),
    ).to.deep.equal([
      { symbol: 'ECC', close: '3.720000' },
      { symbol: 'ETX', close: '18.750000' },
    ]);
  });

  it('takes the floating-point residue off the price of BRK/A', async () => {
    expect(
      await read(
        `select date::text, close from ohlcv_daily where symbol = 'BRK/A' and date <> '2026-06-29' order by 1`,
      ),
    ).to.deep.equal([
      { date: '2026-06-26', close: '745140.030000' },
      { date: '2026-06-30', close: '748850.000000' },
    ]);
  });

  it('leaves no name or industry with stray white space', async () => {
    expect(
      await read(String.raw`select symbol from symbols where name ~ '^\s|\s$|\s\s|\t' or industry ~ '^\s|\s$'`),
    ).to.deep.equal([]);
  });
});
