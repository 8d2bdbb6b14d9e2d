import { expect } from 'chai';
import { coverage } from '../../../../../phases/cache-sync/holds/gates/coverage.js';
import type { Market } from '../../../../../phases/cache-sync/valuation/market.js';
import { marketOf, MONDAY, TUESDAY, type Listing } from '../../../../support/market.js';
import { check, exchangeOf, measuresOf, pastOf, SHIPPED } from './facts.js';

const config = { ...SHIPPED, minSymbols: 10 };
const measures = measuresOf([exchangeOf({ bars: 100, previousBars: 100 })]);

/** A hundred stocks, S00 to S99; those from `priced` on last traded on Monday. */
async function marketWith(
  priced: number,
  listingOf: (index: number) => Partial<Listing> = () => ({}),
): Promise<Market> {
  const listings = Array.from({ length: 100 }, (_, index): Listing => ({
    symbol: `S${String(index).padStart(2, '0')}`,
    cap: 1e9,
    ...listingOf(index),
  }));
  const market = await marketOf(listings, TUESDAY);
  const securities = [...market.securities].map(([symbol, security], index) => {
    const newest = index < priced ? security.priceSession : MONDAY;
    const seenSession = security.close === null ? null : newest;
    return [symbol, { ...security, priceSession: seenSession, seenSession }] as const;
  });
  return { ...market, securities: new Map(securities) };
}

describe('the coverage gate', () => {
  it('passes a session in which 95 of 100 have a price, and holds one in which 94 have', async () => {
    const enough = check(coverage, { market: await marketWith(95), measures, config });
    const tooFew = check(coverage, { market: await marketWith(94), measures, config });

    expect(enough).to.include({ status: 'pass', measured: 95, threshold: 95 });
    expect(tooFew).to.include({ status: 'hold', measured: 94, threshold: 95, universe: null });
    expect(tooFew.message).to.equal('94 of 100 active symbols have a price: 94.0 %');
  });

  it('holds a session without the largest stocks, and only warns of a few: a halt is no fault of the feed', async () => {
    const judge = async (priced: number) => {
      const market = await marketWith(priced);
      const symbols = [...market.securities.keys()];
      const capsUsd = symbols.map((symbol) => (symbol >= 'S96' ? 4e12 : 1e9));
      return check(coverage, { market, measures, config, pastFigures: pastOf(symbols, capsUsd) });
    };

    const [giant, many] = [await judge(99), await judge(96)];

    expect(giant).to.include({ status: 'warn', measured: 75.15, threshold: 99 });
    expect(giant.message).to.equal('stocks with 75.1 % of the previous market cap have a price; only S99 have none');
    expect(many).to.include({ status: 'hold', measured: 0.6 });
    expect(many.message).to.equal('stocks with 0.6 % of the previous market cap have a price');
  });

  it('weighs stocks only: a note without a price, with the cap of its whole company, is no loss', async () => {
    const market = await marketWith(99, (index) => (index === 99 ? { type: 'SP', cap: 4e12 } : {}));
    const symbols = [...market.securities.keys()];

    const result = check(coverage, {
      market,
      measures,
      config,
      pastFigures: pastOf(
        symbols,
        symbols.map(() => 1e12),
      ),
    });

    expect(result.status).to.equal('pass');
  });

  it('expects no price of symbols that have never traded', async () => {
    const market = await marketWith(90, (index) => (index >= 90 ? { close: null } : {}));

    expect(check(coverage, { market, measures, config })).to.include({ status: 'pass', measured: 100 });
  });

  it('judges a file cut short by the session before, and a small market not at all', async () => {
    const market = await marketWith(3);
    const cutShort = measuresOf([exchangeOf({ bars: 3, previousBars: 100 })]);
    const small = measuresOf([exchangeOf({ bars: 3, previousBars: 4 })]);

    expect(check(coverage, { market, measures: cutShort, config }).status).to.equal('hold');
    const larger = { ...config, minSymbols: 101 };
    expect(check(coverage, { market, measures: small, config: larger })).to.include({ status: 'pass', measured: null });
  });

  it('judges a second file in a row that is cut short by who traded lately', async () => {
    const market = await marketWith(3);
    const again = measuresOf([exchangeOf({ bars: 3, previousBars: 3 })]);

    expect(check(coverage, { market, measures: again, config }).status).to.equal('hold');
  });
});
