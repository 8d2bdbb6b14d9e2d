import { expect } from 'chai';
import { industryGroups } from '../../../../../phases/cache-sync/universes/rules/industry-groups.js';
import { configOf, marketOf, selectSymbols, symbolsOf, type Listing } from '../../../../support/market.js';

function industryOf(industry: string, size: number, facts: Partial<Listing> = {}): Listing[] {
  return Array.from({ length: size }, (_, index) => ({
    symbol: `${industry}${index}`,
    cap: 1e9 - index,
    industry,
    ...facts,
  }));
}

describe('industry groups', () => {
  const config = configOf();

  it('are the 20 industries with most stocks, those of equal size by name', async () => {
    const names = Array.from({ length: 22 }, (_, index) => `industry ${String.fromCharCode(97 + index)}`);
    const largest = industryOf('Zinc', 5);
    const market = await marketOf([...names.toReversed().flatMap((name) => industryOf(name, 3)), ...largest]);

    const keys = Object.keys(selectSymbols(industryGroups, market, config));

    expect(keys).to.deep.equal(['zinc', ...names.slice(0, 19).map((name) => name.replace(' ', '_'))]);
  });

  it('need three stocks', async () => {
    const market = await marketOf([...industryOf('Pairs', 2), ...industryOf('Threes', 3)]);

    expect(Object.keys(selectSymbols(industryGroups, market, config))).to.deep.equal(['threes']);
  });

  it('list the 15 largest', async () => {
    const banks = industryOf('Banks', 16);

    const [group] = industryGroups.select(await marketOf(banks.toReversed()), config);

    expect(symbolsOf(group)).to.deep.equal(banks.slice(0, 15).map((stock) => stock.symbol));
  });

  it('name the sector most of their stocks are in, of equally frequent ones the first by name', async () => {
    const mixed = [
      { symbol: 'A', cap: 9, industry: 'Software', sector: 'Technology' },
      { symbol: 'B', cap: 1, industry: 'Software', sector: 'Industrials' },
      { symbol: 'C', cap: 1, industry: 'Software', sector: 'Industrials' },
      { symbol: 'D', cap: 9, industry: 'Tied', sector: 'Utilities' },
      { symbol: 'E', cap: 9, industry: 'Tied', sector: 'Energy' },
      { symbol: 'F', cap: 9, industry: 'Tied', sector: null },
      ...industryOf('Without', 3),
    ];

    const sectors = industryGroups.select(await marketOf(mixed), config).map(({ key, form }) => [key, form]);

    expect(Object.fromEntries(sectors)).to.deep.equal({
      software: { kind: 'industry-list', sector: 'Industrials' },
      tied: { kind: 'industry-list', sector: 'Energy' },
      without: { kind: 'industry-list', sector: 'Unknown' },
    });
  });

  it('write the industry as the consumer does', async () => {
    const market = await marketOf([
      ...industryOf('Biotechnology: Laboratory Analytical Instruments', 3),
      ...industryOf('Oil & Gas Production', 3),
      ...industryOf(' Medicinal Chemicals and Botanical Products ', 3),
    ]);

    expect(Object.keys(selectSymbols(industryGroups, market, config)).toSorted()).to.deep.equal([
      'biotechnology_laboratory_analytical_instruments',
      'medicinal_chemicals_and_botanical_products',
      'oil_and_gas_production',
    ]);
  });

  it('count spellings of an industry that come to the same key as one', async () => {
    const market = await marketOf([...industryOf('Oil & Gas', 2), ...industryOf('Oil and Gas', 2, { cap: 2e9 })]);

    expect(selectSymbols(industryGroups, market, config)).to.deep.equal({
      oil_and_gas: ['Oil and Gas0', 'Oil and Gas1', 'Oil & Gas0', 'Oil & Gas1'],
    });
  });
});
