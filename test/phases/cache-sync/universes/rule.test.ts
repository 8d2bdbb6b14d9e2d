import { expect } from 'chai';
import { toUniverseKey } from '../../../../phases/cache-sync/valuation/stock-groups.js';

describe('a universe key', () => {
  const KEYS: readonly [text: string, key: string][] = [
    ['Oil & Gas', 'oil_and_gas'],
    ['Biotechnology: Laboratory Analytical Instruments', 'biotechnology_laboratory_analytical_instruments'],
    ['Consumer Discretionary', 'consumer_discretionary'],
    [' Medicinal Chemicals and Botanical Products ', 'medicinal_chemicals_and_botanical_products'],
    ['Finance/Investors Services', 'finance_investors_services'],
    ['Retail: Building Materials (2)', 'retail_building_materials_2_'],
    ['A&B', 'aandb'],
  ];

  for (const [text, key] of KEYS) {
    it(`of "${text}" is ${key}`, () => {
      expect(toUniverseKey(text)).to.equal(key);
    });
  }
});
