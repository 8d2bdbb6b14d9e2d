import { expect } from 'chai';
import { recentIpos } from '../../../../phases/cache-sync/rules/recent-ipos.js';
import { configOf, marketOf, selectSymbols } from '../../../support/market.js';
import type { SessionDate } from '../../../../src/core/session.js';

describe('recent IPOs', () => {
  const session = '2026-03-31' as SessionDate;

  it('were listed at most 30 calendar days before the session, which itself counts', async () => {
    const market = await marketOf(
      [
        { symbol: 'TODAY', cap: 4, listDate: '2026-03-31' },
        { symbol: 'DAY30', cap: 3, listDate: '2026-03-01' },
        { symbol: 'DAY31', cap: 2, listDate: '2026-02-28' },
        { symbol: 'TOMORROW', cap: 1, listDate: '2026-04-01' },
        { symbol: 'NODATE', cap: 5 },
      ],
      session,
    );

    expect(selectSymbols(recentIpos, market, configOf())).to.deep.equal({ recent_ipos: ['TODAY', 'DAY30'] });
  });

  it('are stocks with a market cap, largest first', async () => {
    const market = await marketOf(
      [
        { symbol: 'SMALL', cap: 1e6, listDate: '2026-03-20' },
        { symbol: 'ETF', cap: 1e9, listDate: '2026-03-20', type: 'ETF' },
        { symbol: 'NOCAP', listDate: '2026-03-20', close: null },
        { symbol: 'LARGE', cap: 1e9, listDate: '2026-03-20' },
      ],
      session,
    );

    expect(selectSymbols(recentIpos, market, configOf())).to.deep.equal({ recent_ipos: ['LARGE', 'SMALL'] });
  });

  it('can be none, which is a fact and not bad data', async () => {
    const [universe] = recentIpos.select(
      await marketOf([{ symbol: 'OLD', cap: 1, listDate: '1980-12-12' }]),
      configOf(),
    );

    expect(universe).to.deep.include({ key: 'recent_ipos', members: [], whenEmpty: 'fact' });
  });
});
