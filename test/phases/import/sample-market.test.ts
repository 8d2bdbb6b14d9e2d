import { expect } from 'chai';
import fc from 'fast-check';
import { createSampleMarket, SAMPLE_EPOCH } from '../../../phases/import/sample-market/market.js';
import type { SampleMarket } from '../../../phases/import/sample-market/market.js';
import type { BarRecord, SymbolRecord } from '../../../phases/import/source.js';
import { TradingCalendar } from '../../../src/core/calendar.js';
import { PipelineError } from '../../../src/core/errors.js';
import { parseSessionDate } from '../../../src/core/session.js';
import type { SessionDate } from '../../../src/core/session.js';

const calendar = new TradingCalendar();
const session = parseSessionDate;
const YEARS = calendar.between(SAMPLE_EPOCH, session('2028-12-29'));

describe('the sample market', () => {
  const market = createSampleMarket(calendar);

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

  describe('securities', () => {
    it('are 4,500 stocks and 150 funds on any session, within 2 %', () => {
      for (const day of sample(YEARS, 40)) {
        const listed = market.symbols(day).filter((symbol) => symbol.active);
        const funds = listed.filter((symbol) => symbol.type === 'ETF');

        expect(listed.length - funds.length).to.be.within(4410, 4590);
        expect(funds).to.have.length(150);
      }
    });

    it('have a bar exactly when they are listed', () => {
      for (const day of sample(YEARS, 10)) {
        const listed = market.symbols(day).filter((symbol) => symbol.active);

        expect(barsOf(market, [day]).map((bar) => bar.symbol)).to.deep.equal(listed.map((symbol) => symbol.symbol));
      }
    });

    it('are sorted by symbol, none twice, each ticker one to five capitals, no name twice', () => {
      const known = market.symbols(session('2028-12-29'));
      const symbols = known.map((symbol) => symbol.symbol);

      expect(symbols).to.deep.equal([...new Set(symbols)].sort());
      expect(symbols.filter((symbol) => !/^[A-Z]{1,5}$/.test(symbol))).to.deep.equal([]);
      expect(new Set(known.map((symbol) => symbol.name)).size).to.equal(known.length);
    });

    it('of the stock kind have sector, industry, shares and a date of listing, and leave the cap to be computed', () => {
      const stocks = market.symbols(session('2026-06-30')).filter((symbol) => symbol.type !== 'ETF');

      for (const stock of stocks) {
        expect(stock).to.include({ marketCapUsd: null, etf: null });
        expect(stock.sector).to.be.a('string');
        expect(stock.industry).to.be.a('string');
        expect(Number.isSafeInteger(stock.sharesOutstanding)).to.equal(true);
        expect(stock.listDate).to.satisfy((date: SessionDate) => calendar.isSession(date));
      }
      expect(new Set(stocks.map((stock) => stock.sector)).size).to.equal(11);
      expect(new Set(stocks.map((stock) => stock.exchange))).to.deep.equal(new Set(['NASDAQ', 'NYSE', 'AMEX']));
      expect(new Set(stocks.map((stock) => stock.type))).to.deep.equal(new Set(['CS', 'ADRC']));
    });

    it('of the fund kind cover every type of fund', () => {
      const funds = market.symbols(SAMPLE_EPOCH).flatMap((symbol) => symbol.etf ?? []);

      const stock = ['broad market', 'sector', 'growth', 'value', 'technology', 'international', 'factor'];
      expect(funds.map((fund) => fund.etfType)).to.include.members([...stock, 'bond', 'commodity']);
      expect(funds.filter((fund) => !fund.issuer || !fund.underlyingIndex || !fund.inceptionDate)).to.deep.equal([]);
    });

    it('are as large as real ones: few giants, hundreds of large caps, a long tail', () => {
      for (const day of sample(YEARS, 12)) {
        const shares = sharesOf(market.symbols(day).filter((symbol) => symbol.type !== 'ETF'));
        const stocks = barsOf(market, [day]).filter((bar) => shares.has(bar.symbol));
        const caps = stocks.map((bar) => capOf(bar, shares));
        const atLeast = (capUsd: number): number => caps.filter((cap) => cap >= capUsd).length;

        expect(Math.max(...caps), day).to.be.within(2e12, 4e12);
        expect(atLeast(200e9), day).to.be.within(15, 45);
        expect(atLeast(10e9), day).to.be.within(600, 900);
        expect(atLeast(2e9), day).to.be.within(1600, 2200);
        expect(atLeast(50e6), day).to.be.within(3900, 4300);
      }
    });
  });

  describe('listings', () => {
    const known = market.symbols(session('2028-12-29'));
    const listedOn = countBy(known.map((symbol) => symbol.listDate));
    const delistedOn = countBy(known.map((symbol) => symbol.delistedDate));

    it('come and go in any 30 sessions, about one of each a session', () => {
      for (let from = 1; from + 30 <= YEARS.length; from++) {
        const window = YEARS.slice(from, from + 30);

        expect(sumOf(listedOn, window), `from ${window[0]}`).to.be.within(1, 60);
        expect(sumOf(delistedOn, window), `from ${window[0]}`).to.be.within(1, 60);
      }
      expect(sumOf(listedOn, YEARS) / YEARS.length).to.be.within(0.9, 1.1);
      expect(sumOf(delistedOn, YEARS) / YEARS.length).to.be.within(0.9, 1.1);
    });

    it('start with a bar on the date of listing', () => {
      for (const day of sample(YEARS.slice(1), 20)) {
        const listed = known.filter((symbol) => symbol.listDate === day).map((symbol) => symbol.symbol);
        const [before, first] = [calendar.previous(day), day].map((date) => symbolsOf(barsOf(market, [date])));

        expect(listed.filter((symbol) => before?.has(symbol))).to.deep.equal([]);
        expect(listed.filter((symbol) => first?.has(symbol))).to.deep.equal(listed);
      }
    });

    it('end on the session before the date of delisting, and are known from that date on', () => {
      const gone = known.find((symbol) => symbol.delistedDate !== null) as SymbolRecord;
      const day = gone.delistedDate as SessionDate;
      const eve = calendar.previous(day);
      const recordOn = (asOf: SessionDate): SymbolRecord | undefined =>
        market.symbols(asOf).find((symbol) => symbol.symbol === gone.symbol);

      expect(symbolsOf(barsOf(market, [eve])).has(gone.symbol)).to.equal(true);
      expect(symbolsOf(barsOf(market, [day])).has(gone.symbol)).to.equal(false);
      expect(recordOn(eve)).to.include({ active: true, delistedDate: null });
      expect(recordOn(day)).to.include({ active: false, delistedDate: day });
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
      expect(bySymbol.has('BRK/B')).to.equal(false);
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

function barsOf(market: SampleMarket, sessions: readonly SessionDate[]): BarRecord[] {
  return [...market.bars(sessions)];
}

function textOf(market: SampleMarket, sessions: readonly SessionDate[]): string {
  return JSON.stringify([sessions.map((day) => market.symbols(day)), barsOf(market, sessions)]);
}

function symbolsOf(bars: readonly BarRecord[]): Set<string> {
  return new Set(bars.map((bar) => bar.symbol));
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

function sharesOf(symbols: readonly SymbolRecord[]): Map<string, number> {
  return new Map(symbols.map((symbol) => [symbol.symbol, symbol.sharesOutstanding ?? 0]));
}

function capOf(bar: BarRecord, shares: ReadonlyMap<string, number>): number {
  return bar.close * (shares.get(bar.symbol) ?? 0);
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

function sample(sessions: readonly SessionDate[], count: number): SessionDate[] {
  const step = Math.floor(sessions.length / count);
  return sessions.filter((_, at) => at % step === 0);
}

function countBy(dates: readonly (SessionDate | null)[]): Map<SessionDate | null, number> {
  const counts = new Map<SessionDate | null, number>();
  for (const date of dates) counts.set(date, (counts.get(date) ?? 0) + 1);
  return counts;
}

function sumOf(counts: ReadonlyMap<SessionDate | null, number>, days: readonly SessionDate[]): number {
  return days.reduce((sum, day) => sum + (counts.get(day) ?? 0), 0);
}
