import { expect } from 'chai';
import { findSymbolEvents } from '../../../../phases/cache-sync/membership/symbol-life.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { FRIDAY, marketOf, MONDAY, TUESDAY } from '../../../support/market.js';

describe('a symbol that comes back', () => {
  it('is another company from so many sessions after its delisting on', async () => {
    const market = await marketOf([{ symbol: 'BACK', cap: 1 }], FRIDAY);
    const eventAfter = (delisted: SessionDate) =>
      findSymbolEvents(
        market,
        { newListings: new Map(), delisted: new Map([['BACK', delisted]]), absentBefore: null, tradedSince: null },
        new TradingCalendar(),
        4,
      )[0]?.event;

    expect([eventAfter(TUESDAY), eventAfter(MONDAY)]).to.deep.equal(['relisted', 'reused']);
  });
});
