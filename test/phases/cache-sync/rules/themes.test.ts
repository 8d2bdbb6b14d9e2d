import { expect } from 'chai';
import { themes } from '../../../../phases/cache-sync/rules/themes.js';
import { configOf, marketOf, MONDAY, selectSymbols } from '../../../support/market.js';

describe('themes', () => {
  const config = configOf({
    themes: [{ key: 'chips', title: 'Chips', symbols: ['TSM', 'NVDA', 'GONE', 'SOXX', 'AMD', 'SOON', 'INTC', 'PREF'] }],
  });

  it('hold listed stocks and depositary receipts by market cap, dollar volume and symbol', async () => {
    const market = await marketOf([
      { symbol: 'INTC', cap: 2e11, volume: 5 },
      { symbol: 'AMD', cap: 2e11, volume: 6 },
      { symbol: 'TSM', cap: 9e11, type: 'ADRC' },
      { symbol: 'NVDA', cap: 4e12 },
      { symbol: 'QCOM', cap: 3e12 },
    ]);

    expect(selectSymbols(themes, market, config)).to.deep.equal({ chips: ['NVDA', 'TSM', 'AMD', 'INTC'] });
  });

  it('leave out what is no share, not listed yet or not in the market', async () => {
    const market = await marketOf([
      { symbol: 'SOXX', cap: 1e10, type: 'ETF' },
      { symbol: 'PREF', cap: 1e10, type: 'PFD' },
      { symbol: 'SOON', cap: 1e10, listDate: '2026-06-23' },
      { symbol: 'AMD', cap: 1e10, listDate: MONDAY },
    ]);

    expect(selectSymbols(themes, market, config)).to.deep.equal({ chips: ['AMD'] });
  });

  it('keep a listed stock whose market cap is not known, at the end', async () => {
    const market = await marketOf([{ symbol: 'NVDA' }, { symbol: 'AMD', cap: 5 }]);

    expect(selectSymbols(themes, market, config)).to.deep.equal({ chips: ['AMD', 'NVDA'] });
  });
});
