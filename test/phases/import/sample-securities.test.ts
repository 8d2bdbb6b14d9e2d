import { expect } from 'chai';
import { SAMPLE_EPOCH } from '../../../phases/import/sample-market/market.js';
import type { BarRecord, SymbolRecord } from '../../../phases/import/source.js';
import type { SessionDate } from '../../../src/core/session.js';
import { useSample, calendar, session, YEARS, barsOf, sharesOf, capOf, sample } from './sample-market-fixture.js';

describe('the securities of the sample market', () => {
  const { market } = useSample();

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
});

function symbolsOf(bars: readonly BarRecord[]): Set<string> {
  return new Set(bars.map((bar) => bar.symbol));
}

function countBy(dates: readonly (SessionDate | null)[]): Map<SessionDate | null, number> {
  const counts = new Map<SessionDate | null, number>();
  for (const date of dates) counts.set(date, (counts.get(date) ?? 0) + 1);
  return counts;
}

function sumOf(counts: ReadonlyMap<SessionDate | null, number>, days: readonly SessionDate[]): number {
  return days.reduce((sum, day) => sum + (counts.get(day) ?? 0), 0);
}
