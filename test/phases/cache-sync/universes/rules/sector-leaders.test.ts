import { expect } from 'chai';
import { sectorLeaders } from '../../../../../phases/cache-sync/universes/rules/sector-leaders.js';
import { configOf, marketOf, selectSymbols } from '../../../../support/market.js';

describe('sector leaders', () => {
  const config = configOf();

  it('are the ten largest stocks of each sector', async () => {
    const technology = Array.from({ length: 12 }, (_, index) => ({
      symbol: `T${index}`,
      cap: 1e9 - index,
      sector: 'Technology',
    }));
    const market = await marketOf([...technology.toReversed(), { symbol: 'XOM', cap: 5e11, sector: 'Energy' }]);

    const selected = selectSymbols(sectorLeaders, market, config);

    expect(selected).to.deep.equal({
      top_10_energy: ['XOM'],
      top_10_technology: technology.slice(0, 10).map((stock) => stock.symbol),
    });
  });

  it('leave out stocks without a sector', async () => {
    const market = await marketOf([
      { symbol: 'A', cap: 3, sector: null },
      { symbol: 'B', cap: 2, sector: 'Unknown' },
      { symbol: 'C', cap: 1, sector: '  ' },
    ]);

    expect(selectSymbols(sectorLeaders, market, config)).to.deep.equal({});
  });

  it('write the sector into the key as the consumer does', async () => {
    const sectors = ['Consumer Discretionary', 'Oil & Gas', 'Health Care', 'Real Estate'];
    const market = await marketOf(sectors.map((sector, index) => ({ symbol: `S${index}`, cap: 1, sector })));

    expect(Object.keys(selectSymbols(sectorLeaders, market, config))).to.deep.equal([
      'top_10_consumer_discretionary',
      'top_10_health_care',
      'top_10_oil_and_gas',
      'top_10_real_estate',
    ]);
  });

  it('are one list for spellings of a sector that come to the same key', async () => {
    const market = await marketOf([
      { symbol: 'A', cap: 3, sector: 'Health Care' },
      { symbol: 'B', cap: 2, sector: 'HEALTH CARE' },
      { symbol: 'C', cap: 1, sector: 'Health Care' },
    ]);

    const universes = sectorLeaders.select(market, config);

    expect(universes.map(({ key, title }) => [key, title])).to.deep.equal([
      ['top_10_health_care', 'Top 10 Health Care'],
    ]);
    expect(selectSymbols(sectorLeaders, market, config)).to.deep.equal({ top_10_health_care: ['A', 'B', 'C'] });
  });
});
