import { expect } from 'chai';
import { combination } from '../../../../../phases/cache-sync/universes/rules/combination.js';
import { configOf, marketOf, selectSymbols } from '../../../../support/market.js';

describe('the combination', () => {
  it('is the largest stocks followed by the core ETFs in the order of the configuration', async () => {
    const config = configOf({ universes: { combination: { stocks: 2, etfs: ['SPY', 'QQQ', 'ABSENT', 'NOETF'] } } });
    const market = await marketOf([
      { symbol: 'C', cap: 1 },
      { symbol: 'A', cap: 2 },
      { symbol: 'B', cap: 3 },
      { symbol: 'QQQ', type: 'ETF', volume: 999 },
      { symbol: 'SPY', type: 'ETF' },
      { symbol: 'NOETF', type: 'FUND' },
    ]);

    expect(selectSymbols(combination, market, config)).to.deep.equal({ combo_test: ['B', 'A', 'SPY', 'QQQ'] });
  });

  it('has no ETF before it is listed', async () => {
    const config = configOf({ universes: { combination: { stocks: 1, etfs: ['NEW'] } } });
    const market = await marketOf([
      { symbol: 'NEW', type: 'ETF', listDate: '2026-06-23' },
      { symbol: 'A', cap: 1 },
    ]);

    expect(selectSymbols(combination, market, config)).to.deep.equal({ combo_test: ['A'] });
  });

  it('is empty without stocks, so that bad data does not leave only the ETFs', async () => {
    const market = await marketOf([
      { symbol: 'SPY', type: 'ETF' },
      { symbol: 'NOCAP', close: null },
    ]);

    expect(selectSymbols(combination, market, configOf())).to.deep.equal({ combo_test: [] });
  });
});
