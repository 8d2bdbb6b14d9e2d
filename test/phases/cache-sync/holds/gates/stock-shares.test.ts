import { expect } from 'chai';
import { suspectCaps } from '../../../../../phases/cache-sync/holds/gates/suspect-caps.js';
import { unknownSector } from '../../../../../phases/cache-sync/holds/gates/unknown-sector.js';
import { marketOf, type Listing } from '../../../../support/market.js';
import { check, exchangeOf, measuresOf } from './facts.js';

const HUNDRED = Array.from({ length: 100 }, (_, index): Listing => ({
  symbol: `S${String(index).padStart(2, '0')}`,
  cap: 1e9,
  sector: 'Technology',
}));

describe('gates on shares of eligible stocks', () => {
  it('hold a session in which more than 35 % of stocks have no sector, by whatever name', async () => {
    const nameless = (share: number) =>
      marketOf(
        HUNDRED.map((each, index) =>
          index < share ? { ...each, sector: [null, ' ', 'Unknown'][index % 3] ?? null } : each,
        ),
      );

    expect(check(unknownSector, { market: await nameless(35) })).to.include({ status: 'pass', measured: 35 });
    expect(check(unknownSector, { market: await nameless(36) })).to.include({
      status: 'hold',
      measured: 36,
      threshold: 35,
    });
  });

  it('hold a session in which more than 10 % of market caps are suspect', async () => {
    const market = await marketOf(HUNDRED);
    const suspecting = (share: number) => ({
      ...market,
      stocks: market.stocks.map((stock, index) =>
        index < share ? { ...stock, flags: ['STALE_PRICE', 'SUSPECT_CAP'] } : stock,
      ),
    });

    expect(check(suspectCaps, { market: suspecting(10) })).to.include({ status: 'pass', measured: 10 });
    const held = check(suspectCaps, { market: suspecting(11) });
    expect(held).to.include({ status: 'hold', measured: 11, threshold: 10 });
    expect(held.message).to.equal('11 of 100 market caps are suspect: 11.0 %');
  });

  it('say nothing of a small market', async () => {
    const market = await marketOf([{ symbol: 'A', cap: 1e9, sector: null }]);
    const measures = measuresOf([exchangeOf({ bars: 1, previousBars: 1 })]);

    expect(check(unknownSector, { market, measures })).to.include({ status: 'pass', measured: null });
    expect(check(suspectCaps, { market, measures })).to.include({ status: 'pass', measured: null });
  });
});
