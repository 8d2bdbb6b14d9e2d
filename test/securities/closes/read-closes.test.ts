import { expect } from 'chai';
import { LIST_ACTIVE } from '../../../phases/indicators/list-active.sql.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { ShareChange } from '../../../src/securities/actions/share-factors.js';
import type { CloseSeries } from '../../../src/securities/closes/close-window.js';
import { readCloses, splitSymbols } from '../../../src/securities/closes/read-closes.js';
import { readTrustedDays } from '../../../src/securities/closes/trusted-days.js';
import { TickerSpans, type SecurityTickerSpan } from '../../../src/securities/identity/ticker-spans.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { addSymbol, calendar } from '../../phases/indicators/bars.js';

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

  const read = (
    size: number,
    renamed: readonly SecurityTickerSpan[] = [],
    changes: ReadonlyMap<string, readonly ShareChange[]> = new Map(),
  ): Promise<CloseSeries[]> =>
    test.database.transaction(async ({ client }) => {
      const days = await readTrustedDays(client, calendar, TUESDAY, 260);
      const symbols = (await LIST_ACTIVE.first(client, { session: TUESDAY }))?.symbols ?? [];
      const series: CloseSeries[] = [];
      for (const range of splitSymbols(symbols, size)) {
        series.push(
          ...(
            await readCloses(
              client,
              days,
              range,
              { tickers: new TickerSpans(renamed), changes, reuseAfterSessions: 60 },
              () => undefined,
            )
          ).series(),
        );
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
    const renamed = [
      { security: 1, ticker: last, from: null, before: TUESDAY },
      { security: 1, ticker: first, from: TUESDAY, before: null },
      { security: 2, ticker: first, from: null, before: TUESDAY },
      { security: 3, ticker: last, from: TUESDAY, before: null },
    ];
    const closesOf = (series: readonly CloseSeries[], symbol: string): number[] => [
      ...(series.find((each) => each.symbol === symbol)?.closes ?? []),
    ];

    const whole = await read(100, renamed);

    expect(closesOf(whole, last)).to.deep.equal([SYMBOLS.length - 1 + 0.123456]);
    expect(closesOf(whole, first)).to.deep.equal([SYMBOLS.length, 0.123456]);
    expect(await read(1, renamed)).to.deep.equal(whole);
  });

  it('adjusts closes before a split to the shares after it, and says where a move is unexplained', async () => {
    const [split = '', moved = '', other = ''] = SYMBOLS;
    const changes = new Map<string, ShareChange[]>([
      [split, [{ session: TUESDAY, factor: 0.1, exception: null }]],
      [moved, [{ session: TUESDAY, factor: null, exception: 7 }]],
    ]);

    const series = new Map((await read(100, [], changes)).map((each) => [each.symbol, each]));

    expect([...(series.get(split)?.closes ?? [])]).to.deep.equal([0.1, 0.123456]);
    expect([...(series.get(moved)?.closes ?? [])]).to.deep.equal([2, 1.123456]);
    expect([split, moved, other].map((symbol) => series.get(symbol)?.doubt)).to.deep.equal([
      null,
      { session: TUESDAY, exception: 7, bars: 1 },
      null,
    ]);
  });
});
