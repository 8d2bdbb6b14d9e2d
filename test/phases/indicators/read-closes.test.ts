import { expect } from 'chai';
import { readActiveSymbols, readCloses, splitSymbols } from '../../../phases/indicators/read-closes.js';
import type { CloseSeries } from '../../../phases/indicators/close-window.js';
import type { SessionDate } from '../../../src/core/session.js';
import { TickerSpans, type TickerEvent } from '../../../src/securities/ticker-spans.js';
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

  const read = (size: number, renamed: readonly TickerEvent[] = []): Promise<CloseSeries[]> =>
    test.database.transaction(async ({ client }) => {
      const days = {
        oldest: calendar.previous(TUESDAY, 259),
        newest: TUESDAY,
        isSession: (date: SessionDate) => calendar.isSession(date),
      };
      const series: CloseSeries[] = [];
      for (const range of splitSymbols(await readActiveSymbols(client, TUESDAY), size)) {
        series.push(...(await readCloses(client, days, range, new TickerSpans(renamed), () => undefined)).series());
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

  it('gives a security the closes of its former ticker, also from another range', async () => {
    const [last = '', first = ''] = [SYMBOLS.at(-1), SYMBOLS[0]];
    const renamed = [{ symbol: last, session: TUESDAY, to: first }];
    const closesOf = (series: readonly CloseSeries[], symbol: string): number[] => [
      ...(series.find((each) => each.symbol === symbol)?.closes ?? []),
    ];

    const whole = await read(100, renamed);

    expect(closesOf(whole, last)).to.deep.equal([SYMBOLS.length - 1 + 0.123456]);
    expect(closesOf(whole, first)).to.have.lengthOf(3).and.include.members([1, SYMBOLS.length]);
    expect(await read(1, renamed)).to.deep.equal(whole);
  });
});
