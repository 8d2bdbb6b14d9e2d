import { expect } from 'chai';
import { readUniverse, readUniverses } from '../../src/history/universes.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ANY_CAP, configOf, MONDAY, sync, TUESDAY, writeListings, type Listing } from '../support/market.js';

/** Caps and dollar volumes that disagree, ties in both, and ETFs with caps of their own, which say nothing about their order. */
const LISTINGS: readonly Listing[] = [
  { symbol: 'BIG', cap: 300e9, sector: 'Technology', industry: 'Software', volume: 1 },
  { symbol: 'MID', cap: 30e9, sector: 'Technology', industry: 'Software', volume: 500, listDate: '2026-06-12' },
  { symbol: 'TIE', cap: 30e9, sector: 'Energy', industry: 'Software', volume: 900 },
  { symbol: 'TIE2', cap: 30e9, sector: 'Energy', industry: 'Software', volume: 900 },
  { symbol: 'LOW', cap: 1e9, sector: 'Energy', industry: 'Software', volume: 90_000 },
  { symbol: 'FGN', cap: 90e9, type: 'ADRC', sector: 'Energy', volume: 10 },
  { symbol: 'NOCAP', cap: null, type: 'ADRC', sector: 'Energy', volume: 10_000 },
  { symbol: 'GLD', cap: 100e9, type: 'ETF', name: 'Gold Shares ETF', volume: 10 },
  { symbol: 'SPY', cap: 1e9, type: 'ETF', name: 'S&P 500 Growth ETF', volume: 2000 },
  { symbol: 'QQQ', cap: null, type: 'ETF', name: 'Technology Growth ETF', volume: 3000 },
  { symbol: 'AAAE', cap: 500e9, type: 'ETF', name: 'Growth ETF', volume: 3000 },
  { symbol: 'STILL', cap: 700e9, type: 'ETF', name: 'Growth ETF', close: null },
];

const CONFIG = configOf({
  universes: {
    ...ANY_CAP,
    combination: { stocks: 3, etfs: ['SPY', 'GLD', 'QQQ'] },
    industryGroups: { minStocks: 2 },
  },
  themes: [{ key: 'abroad', title: 'Abroad', symbols: ['NOCAP', 'LOW', 'FGN', 'BIG'] }],
});

describe('reading a universe', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
    await writeListings(test.database, MONDAY, LISTINGS);
    await sync(test.database, MONDAY, { config: CONFIG });
    await writeListings(test.database, TUESDAY, [{ symbol: 'LOW', cap: 200e9 }]);
    await sync(test.database, TUESDAY, { config: CONFIG });
  });

  after(async () => {
    await test.drop();
  });

  const readSymbols = async (name: string) =>
    (await readUniverse(test.database, name)).members.map((member) => member.symbol);

  /** What consumers read: a list of tickers, or of stocks, or of ETFs. */
  async function readPublished(universe: { type: string; name: string; key: string }): Promise<string[]> {
    type Value = string[] | { stocks?: { ticker: string }[]; etfs?: { symbol: string }[] };
    const { rows } = await test.database.pool.query<{ value: Value }>(
      'select value from cache_entries where type = $1 and name = $2 and key = $3',
      [universe.type, universe.name, universe.key],
    );
    const value = rows[0]?.value ?? [];
    if (Array.isArray(value)) return value;
    return [...(value.stocks ?? []).map((stock) => stock.ticker), ...(value.etfs ?? []).map((etf) => etf.symbol)];
  }

  it('gives the members of every universe in the order they are published', async () => {
    const universes = await readUniverses(test.database);

    const sizes = [];
    for (const universe of universes) {
      const members = await readSymbols(`${universe.name}/${universe.key}`);
      expect(members, universe.universe).to.deep.equal(await readPublished(universe));
      sizes.push(members.length);
    }
    expect(sizes.filter((size) => size > 1)).to.have.lengthOf.above(8);
  });

  it('orders ETFs by dollar volume, whatever caps they have', async () => {
    expect(await readSymbols('all_etfs')).to.deep.equal(['AAAE', 'QQQ', 'SPY', 'GLD', 'STILL']);
  });

  it('orders a combination as stocks by rank, then ETFs as they are configured', async () => {
    expect(await readSymbols('combo_test')).to.deep.equal(['BIG', 'LOW', 'TIE', 'SPY', 'GLD', 'QQQ']);
  });

  it('orders stocks by market cap, then dollar volume, then symbol', async () => {
    expect(await readSymbols('all_stocks')).to.deep.equal(['BIG', 'LOW', 'TIE', 'TIE2', 'MID']);
    expect(await readSymbols('abroad')).to.deep.equal(['BIG', 'LOW', 'FGN', 'NOCAP']);
  });
});
