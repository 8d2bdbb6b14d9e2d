import { expect } from 'chai';
import { readActiveSymbols, readCloses, splitSymbols } from '../../../phases/indicators/read-closes.js';
import type { CloseSeries } from '../../../phases/indicators/close-window.js';
import type { SessionDate } from '../../../src/core/session.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { addSymbol, calendar } from './bars.js';

const TUESDAY = '2026-06-30' as SessionDate;
const SYMBOLS = ['A', 'AA', 'A^B', 'BRK/B', 'BRK.A', 'a', 'Z\\N', "O'K"];

describe('reading closes', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
    for (const [index, symbol] of SYMBOLS.entries()) {
      await addSymbol(test.database, symbol, [index + 1, index + 0.123456], TUESDAY);
    }
  });

  after(() => test.drop());

  const read = (size: number): Promise<CloseSeries[]> =>
    test.database.transaction(async ({ client }) => {
      const days = {
        oldest: calendar.previous(TUESDAY, 259),
        newest: TUESDAY,
        isSession: (date: SessionDate) => calendar.isSession(date),
      };
      const series: CloseSeries[] = [];
      for (const range of splitSymbols(await readActiveSymbols(client, TUESDAY), size)) {
        series.push(...(await readCloses(client, days, range, () => undefined)).series());
      }
      return series;
    });

  it('gives every symbol its closes, oldest first, whatever its name is made of', async () => {
    const series = await read(100);

    expect(Object.fromEntries(series.map((each) => [each.symbol, [...each.closes]]))).to.deep.equal(
      Object.fromEntries(SYMBOLS.map((symbol, index) => [symbol, [index + 1, index + 0.123456]])),
    );
  });

  for (const size of [1, 2, 3]) {
    it(`gives the same in ranges of ${size} as at once`, async () => {
      expect(await read(size)).to.deep.equal(await read(100));
    });
  }
});
