import { expect } from 'chai';
import { completeLists } from '../../../../../phases/cache-sync/universes/rules/complete-lists.js';
import { configOf, marketOf, symbolsOf } from '../../../../support/market.js';

describe('complete lists', () => {
  it('hold every eligible stock and every ETF, and the first of each in full', async () => {
    const config = configOf({ universes: { complete: { stocks: 2, etfs: 1 } } });
    const market = await marketOf([
      { symbol: 'SMALL', cap: 1 },
      { symbol: 'LARGE', cap: 3 },
      { symbol: 'MIDDLE', cap: 2 },
      { symbol: 'NOCAP', close: null },
      { symbol: 'ADR', cap: 9, type: 'ADRC' },
      { symbol: 'QUIET', type: 'ETF', volume: 1 },
      { symbol: 'BUSY', type: 'ETF', volume: 2 },
    ]);

    const lists = completeLists.select(market, config).map((list) => [list.type, list.key, symbolsOf(list)]);

    expect(lists).to.deep.equal([
      ['stock_universe', 'top_2', ['LARGE', 'MIDDLE']],
      ['stock_universe', 'all_stocks', ['LARGE', 'MIDDLE', 'SMALL']],
      ['etf_universe', 'top_1', ['BUSY']],
      ['etf_universe', 'all_etfs', ['BUSY', 'QUIET']],
    ]);
  });
});
