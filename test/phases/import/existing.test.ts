import { expect } from 'chai';
import { ImportPhase } from '../../../phases/import/phase.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runEvening } from '../../support/evenings.js';
import { configOf, MONDAY, sync, TUESDAY, type Listing } from '../../support/market.js';
import { runPhase } from '../../support/phase-context.js';

const WEDNESDAY = '2026-06-24' as SessionDate;
const AT = new Date('2026-06-24T21:00:00Z');
const BIG: Listing = { symbol: 'BIG', cap: 50e9 };
const GONE: Listing = { symbol: 'GONE', cap: 20e9 };

describe('an import from tables that the host writes', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
    await runEvening(test.database, MONDAY, [BIG, GONE]);
    await query(`update symbols set active = false where symbol = 'GONE'`);
    await runEvening(test.database, TUESDAY, [BIG]);
    await query(`update symbols set active = true, last_updated = null where symbol = 'GONE'`);
  });

  afterEach(async () => {
    await test.drop();
  });

  const query = async (text: string): Promise<unknown[]> => (await test.database.pool.query(text)).rows;
  const readGone = () =>
    query(`select active, delisted_date::text as delisted, last_updated as updated from symbols where symbol = 'GONE'`);
  const importSession = (session: SessionDate) => {
    const phase = new ImportPhase(test.database, configOf({ import: { source: 'existing' } }), new TradingCalendar());
    return runPhase(phase, test.database, { session, clock: { now: () => AT.getTime() } });
  };
  const writeBars = () =>
    query(`insert into ohlcv_daily (symbol, date, close, volume)
           select symbol, '${WEDNESDAY}', 10, 100 from symbols`);

  it('lists a symbol again that the host reports active, and says so', async () => {
    await writeBars();

    const report = await importSession(WEDNESDAY);
    const again = await importSession(WEDNESDAY);

    expect(await readGone()).to.deep.equal([{ active: true, delisted: null, updated: AT }]);
    expect(report).to.include({
      changed: true,
      summary: '2 bars of 2 active symbols are in the database, 1 listed again',
    });
    expect(report.counters).to.include({ symbolsChanged: 1 });
    expect(again).to.include({ changed: false });
    await sync(test.database, WEDNESDAY);
    expect(await readGone()).to.deep.equal([{ active: true, delisted: null, updated: AT }]);
  });

  it('of an older session leaves the listing as the newer one has it', async () => {
    await importSession(MONDAY);

    expect(await readGone()).to.deep.equal([{ active: true, delisted: TUESDAY, updated: null }]);
  });

  it('keeps a delisting date of the host', async () => {
    await query(`update symbols set delisted_date = '2026-06-30' where symbol = 'GONE'`);
    await writeBars();

    const report = await importSession(WEDNESDAY);

    expect(report).to.include({ changed: false });
    expect(await readGone()).to.deep.equal([{ active: true, delisted: '2026-06-30', updated: null }]);
  });
});
