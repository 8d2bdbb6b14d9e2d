import { expect } from 'chai';
import { statistics } from '../../../../../phases/cache-sync/universes/rules/statistics.js';
import { configOf, marketOf } from '../../../../support/market.js';

describe('the market statistics', () => {
  const statisticsOf = async (...listings: Parameters<typeof marketOf>) =>
    statistics.select(await marketOf(...listings), configOf())[0]?.form;

  it('count eligible stocks, their sectors and exchanges, and their market caps', async () => {
    const form = await statisticsOf([
      { symbol: 'A', cap: 100, sector: 'Energy', exchange: 'NYSE' },
      { symbol: 'B', cap: 201, sector: 'Energy', exchange: 'NASDAQ' },
      { symbol: 'C', cap: 400, sector: null, exchange: null },
      { symbol: 'ETF', cap: 9e9, sector: 'Funds', exchange: 'ARCA', type: 'ETF' },
    ]);

    // 100 + 201 + 400 = 701; 701 / 3 = 233.67
    expect(form).to.deep.equal({
      kind: 'statistics',
      statistics: {
        totalStocks: 3,
        uniqueSectors: 1,
        uniqueExchanges: 2,
        totalMarketCapUsd: 701,
        averageMarketCapUsd: 234,
        totalCompanies: 3,
        companyMarketCapUsd: 701,
      },
    });
  });

  it('of a market without stocks are not given: those of the day before stay', async () => {
    const universes = statistics.select(await marketOf([]), configOf());

    expect(universes).to.deep.equal([]);
  });
});
