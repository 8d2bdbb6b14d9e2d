import { expect } from 'chai';
import { readBars } from '../../../../src/securities/actions/bars.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { runEvening } from '../../../support/evenings.js';
import { ANY_CAP, configOf, MONDAY, TUESDAY, WEDNESDAY, type Listing } from '../../../support/market.js';

const config = configOf({
  gates: { minSymbols: 0, coverage: { minPct: 70, minCapPct: 0 } },
  universes: { ...ANY_CAP, delistAfterSessions: 2 },
});

const TEN = Array.from('ABCDEFGHIJ').map((symbol): Listing => ({
  symbol,
  cap: 3e10,
  shares: 1e9,
  close: 30,
  sector: 'Energy',
}));
const only = (count: number, close: number): Listing[] => TEN.slice(0, count).map((listing) => ({ ...listing, close }));

describe('bars of a session that is held', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
    await runEvening(test.database, MONDAY, TEN, { config });
    const held = await runEvening(test.database, TUESDAY, only(2, 99), { config });
    expect(held.held).to.equal(true);
  });

  afterEach(() => test.drop());

  const readValuation = async (symbol: string): Promise<unknown> => {
    const { rows } = await test.database.pool.query(
      `select close::float8, price_session::text as "priceSession", exclusion, flags from pipeline.valuation where symbol = $1 and session = $2`,
      [symbol, WEDNESDAY],
    );
    return rows[0];
  };

  it('are not the last price of a stock that does not trade afterwards, which was listed all the same', async () => {
    await runEvening(test.database, WEDNESDAY, TEN.slice(1), { config });

    expect(await readValuation('A')).to.deep.equal({
      close: 30,
      priceSession: MONDAY,
      exclusion: null,
      flags: ['STALE_PRICE'],
    });
  });

  it('are, when the session was published by force', async () => {
    await runEvening(test.database, TUESDAY, only(2, 99), { config, force: true });
    await runEvening(test.database, WEDNESDAY, TEN.slice(1), { config });

    expect(await readValuation('A')).to.deep.include({ close: 99, priceSession: TUESDAY });
  });

  it('are marked where bars are read', async () => {
    const bars = await readBars(test.database, 'A', {});

    expect(bars.map(({ session, isHeld }) => [session, isHeld])).to.deep.equal([
      [MONDAY, false],
      [TUESDAY, true],
    ]);
  });
});
