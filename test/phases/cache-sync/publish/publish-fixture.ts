import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { MONDAY, writeListings, type Listing } from '../../../support/market.js';

export const MARKET: readonly Listing[] = [
  { symbol: 'AAPL', name: 'Apple', cap: 3e12, sector: 'Technology', industry: 'Hardware', exchange: 'NASDAQ' },
  { symbol: 'XOM', name: 'Exxon', cap: 5e11, sector: 'Energy', industry: 'Oil & Gas', exchange: 'NYSE' },
  { symbol: 'MIDI', name: 'Midi', cap: 3e9, sector: 'Energy', industry: 'Oil & Gas', exchange: 'NYSE' },
  { symbol: 'MINI', name: 'Mini', cap: 6e7, sector: 'Energy', industry: 'Oil & Gas', exchange: 'NYSE' },
  { symbol: 'SPY', name: 'SPDR', type: 'ETF' },
];

export async function readTop10(test: TestDatabase): Promise<{ ticker: string; name: string; market_cap: number }[]> {
  const { rows } = await test.database.pool.query<{ stock: { ticker: string; name: string; market_cap: number } }>(
    `select jsonb_array_elements(value -> 'stocks') as stock from cache_entries where key = 'top_10_stocks'`,
  );
  return rows.map((row) => row.stock);
}

/** What these tests have in common; registers its hooks. */
export function usePublishing() {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, MARKET);
  });

  afterEach(async () => {
    await test.drop();
  });
  return {
    get test() {
      return test;
    },
  };
}
