import { expect } from 'chai';
import fc from 'fast-check';
import { createSampleMarket, SAMPLE_EPOCH } from '../../../phases/import/sample-market/market.js';
import type { SampleMarket } from '../../../phases/import/sample-market/market.js';
import type { BarRecord } from '../../../phases/import/source.js';
import { PipelineError } from '../../../src/core/errors.js';
import type { SessionDate } from '../../../src/core/session.js';
import { useSample, calendar, session, YEARS, barsOf, sharesOf, capOf } from './sample-market-fixture.js';

describe('the sample market', () => {
  const { market } = useSample();

  describe('repeats itself', () => {
    const days = calendar.between(session('2026-06-26'), session('2026-06-30'));

    it('gives the same bytes from two markets', () => {
      const first = createSampleMarket(calendar);
      const second = createSampleMarket(calendar);

      expect(textOf(first, days)).to.equal(textOf(second, days));
    });

    it('gives the same bytes when asked twice, and in between for an older session', () => {
      const before = textOf(market, days);

      barsOf(market, [SAMPLE_EPOCH]);

      expect(textOf(market, days)).to.equal(before);
    });

    it('says the same of a session whether it was generated up to there or five sessions on', () => {
      const day = session('2026-06-23');
      const upTo = createSampleMarket(calendar);
      const beyond = createSampleMarket(calendar);
      barsOf(beyond, calendar.between(day, calendar.next(day, 5)));

      expect(textOf(beyond, [day])).to.equal(textOf(upTo, [day]));
    });

    it('gives a session alone as it is within a range', () => {
      const range = barsOf(createSampleMarket(calendar), days);

      for (const day of days) {
        expect(barsOf(createSampleMarket(calendar), [day])).to.deep.equal(range.filter((bar) => bar.date === day));
      }
    });

    it('keeps two readers apart that are half-way through their sessions', () => {
      const expected = barsOf(createSampleMarket(calendar), days);
      const left = market.bars(days);
      const right = market.bars(days);

      const pairs = expected.map(() => [left.next().value, right.next().value]);

      expect(pairs.map(([bar]) => bar)).to.deep.equal(expected);
      expect(pairs.map(([, bar]) => bar)).to.deep.equal(expected);
    });
  });

  describe('prices and volumes', () => {
    it('make sane bars on any session', () => {
      fc.assert(
        fc.property(fc.constantFrom(...YEARS), (day) => {
          for (const bar of barsOf(market, [day])) assertSane(bar, day);
        }),
        { numRuns: 15 },
      );
    });

    it('move by two to three percent a day, more on a few, the market by about one', () => {
      const days = calendar.between(session('2025-09-02'), session('2025-12-31'));
      const closes = closesBySymbol(barsOf(market, days));
      const returns = [...closes.values()].filter((path) => path.length === days.length).map(toReturns);
      const index = days.slice(1).map((_, at) => mean(returns.map((path) => path[at] ?? 0)));

      expect(mean(returns.map(deviation))).to.be.within(0.02, 0.035);
      expect(deviation(index)).to.be.within(0.007, 0.013);
      const jumps = returns.map((path) => path.filter((value) => Math.abs(value) > 0.1).length / path.length);
      expect(mean(jumps)).to.be.within(0.0005, 0.01);
    });

    it('go on from the close of the session before', () => {
      const days = calendar.between(session('2026-03-02'), session('2026-03-03'));
      const paths = [...closesBySymbol(barsOf(market, days)).values()].filter((path) => path.length === 2);

      const kept = paths.filter(([before = 0, now = 0]) => Math.abs(now / before - 1) < 0.3);

      expect(kept.length / paths.length).to.be.above(0.999);
    });

    it('trade more in larger stocks', () => {
      const day = session('2026-06-30');
      const shares = sharesOf(market.symbols(day));
      const bars = barsOf(market, [day]).toSorted((a, b) => capOf(b, shares) - capOf(a, shares));
      const dollars = bars.map((bar) => bar.close * bar.volume);

      expect(mean(dollars.slice(0, 500))).to.be.above(10 * mean(dollars.slice(1500, 3000)));
    });
  });

  describe('given tickers', () => {
    const given = createSampleMarket(calendar, {
      themeSymbols: ['NVDA', 'AMD', 'BRK/B', 'LONGER', 'AMD', 'SPY', 'PLTR'],
      etfSymbols: ['SPY', 'QQQ'],
    });
    const day = session('2025-01-03');
    const bySymbol = new Map(given.symbols(day).map((symbol) => [symbol.symbol, symbol]));

    it('go to large and mid-sized common stocks and to funds', () => {
      const shares = sharesOf([...bySymbol.values()]);
      const caps = new Map(barsOf(given, [day]).map((bar) => [bar.symbol, capOf(bar, shares)]));

      for (const symbol of ['NVDA', 'AMD', 'PLTR']) {
        expect(bySymbol.get(symbol)).to.include({ type: 'CS', active: true });
        expect(caps.get(symbol)).to.be.above(2e9);
      }
      expect(bySymbol.get('SPY')?.type).to.equal('ETF');
      expect(bySymbol.get('QQQ')?.type).to.equal('ETF');
    });

    it('are passed over when no ticker of the sample looks like that', () => {
      expect(bySymbol.has('BRK.B')).to.equal(false);
      expect(bySymbol.has('LONGER')).to.equal(false);
    });
  });

  it('refuses a day without a session and a session before its epoch', () => {
    for (const day of ['2026-07-04', '2024-12-31']) {
      expect(() => market.symbols(session(day)), day).to.throw(PipelineError, `no session ${day}`);
      expect(() => barsOf(market, [session(day)]), day).to.throw(PipelineError, `no session ${day}`);
    }
  });
});

function assertSane(bar: BarRecord, day: SessionDate): void {
  const { open, high, low, close, volume } = bar;
  const prices = [open, high, low, close].map((price) => price ?? NaN);
  const isSane =
    bar.date === day &&
    prices.every((price) => price > 0 && price < 5000 && Math.abs(price * 1e4 - Math.round(price * 1e4)) < 1e-4) &&
    Math.min(...prices) === low &&
    Math.max(...prices) === high &&
    Number.isSafeInteger(volume) &&
    volume > 0;
  if (!isSane) expect.fail(`not a sane bar: ${JSON.stringify(bar)}`);
}

function textOf(market: SampleMarket, sessions: readonly SessionDate[]): string {
  return JSON.stringify([sessions.map((day) => market.symbols(day)), barsOf(market, sessions)]);
}

function closesBySymbol(bars: readonly BarRecord[]): Map<string, number[]> {
  const closes = new Map<string, number[]>();
  for (const bar of bars) {
    const path = closes.get(bar.symbol);
    if (path === undefined) closes.set(bar.symbol, [bar.close]);
    else path.push(bar.close);
  }
  return closes;
}

function toReturns(closes: readonly number[]): number[] {
  return closes.slice(1).map((close, at) => close / (closes[at] ?? close) - 1);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
}
