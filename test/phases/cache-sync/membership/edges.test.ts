import { expect } from 'chai';
import { findSymbolEvents } from '../../../../phases/cache-sync/membership/symbol-life.js';
import { NO_PAST } from '../../../../phases/cache-sync/valuation/past.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import type { SessionDate } from '../../../../src/core/session.js';
import { FRIDAY, marketOf, MONDAY, TUESDAY } from '../../../support/market.js';

describe('a symbol that comes back', () => {
  it('is another company from so many sessions after its delisting on', async () => {
    const market = await marketOf([{ symbol: 'BACK', cap: 1 }], FRIDAY);
    const eventAfter = (delisted: SessionDate) =>
      findSymbolEvents(market, { ...NO_PAST, delisted: new Map([['BACK', delisted]]) }, new TradingCalendar(), 4)[0]
        ?.event;

    expect([eventAfter(TUESDAY), eventAfter(MONDAY)]).to.deep.equal(['relisted', 'reused']);
  });
});
