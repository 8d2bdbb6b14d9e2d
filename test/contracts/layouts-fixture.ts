import type { CacheLayout } from '../../phases/cache-sync/projection/layout.js';
import type { Universe } from '../../phases/cache-sync/universes/rule.js';
import { cacheTableOf, publish, replaceCacheTable, universeOf } from '../support/cache-tables.js';
import type { TestDatabase } from '../support/database.js';
import { marketOf } from '../support/market.js';

export const FIRST_AT = new Date('2026-06-22T21:00:00Z');
export const LATER_AT = new Date('2026-06-23T21:00:00Z');
export const NO_IDS = new Map<string, number>();

/** With a quote, a backslash, and the twenty characters a symbol may have. */
export const ODD_SYMBOLS = [`O'NEIL"S`, String.raw`BACK\SLASH`, 'ABCDEFGHIJKLMNOPQRST'];

/** The same universes in each layout's own rows; the second has the key of the first. */
const PLACES: Readonly<Record<string, Readonly<Record<'ranking' | 'complete' | 'theme' | 'statistics', string>>>> = {
  keyed: {
    ranking: 'stock_universe/market_leaders/top_1000',
    complete: 'stock_universe/complete/top_1000',
    theme: 'stock_universe/themes/ai',
    statistics: 'stock_stats/universe/summary',
  },
  universe: { ranking: 'top_1000', complete: 'complete_top_1000', theme: 'ai', statistics: 'summary' },
  symbols: { ranking: 'top_1000', complete: 'complete_top_1000', theme: 'ai', statistics: 'summary' },
};

/** The table of a layout, empty before each test, and what tests do with it. */
export function useLayout(layout: CacheLayout, testOf: () => TestDatabase) {
  const form = cacheTableOf(layout);
  const places = PLACES[layout.id] ?? { ranking: '', complete: '', theme: '', statistics: '' };
  let universes: readonly Universe[];

  before(async () => {
    universes = await makeUniverses();
  });

  beforeEach(async () => {
    await replaceCacheTable(testOf().database.pool, form);
  });

  const query = async (statement: string, values: unknown[] = []) =>
    (await testOf().database.pool.query<Record<string, unknown>>(statement, values)).rows;
  const write = (published = universes, at = FIRST_AT) => publish(testOf().database, layout, published, at);
  const readRows = () => query(`select xmin::text as version, * from cache_entries order by id`);
  const readTickers = async (place: string): Promise<unknown> =>
    (await query(`select ${form.tickers} as tickers from cache_entries where ${form.place} = $1`, [place]))[0]?.[
      'tickers'
    ];
  const insertRow = async (place: string, symbols: readonly string[]): Promise<void> => {
    const { text, values } = form.insert(place, symbols);
    await query(text, values);
  };
  const failure = async (): Promise<unknown> => write().catch((error: unknown) => error);

  return {
    form,
    places,
    query,
    write,
    readRows,
    readTickers,
    insertRow,
    failure,
    universes: () => universes,
  };
}

/** A ranking and a complete list of the same key, a theme, and the statistics. */
async function makeUniverses(): Promise<Universe[]> {
  const market = await marketOf([
    { symbol: 'AAA', cap: 4e12 },
    { symbol: 'BBB', cap: 3e12 },
    ...ODD_SYMBOLS.map((symbol) => ({ symbol, cap: 1e9 })),
  ]);
  const members = (symbols: readonly string[]) => symbols.flatMap((symbol) => market.securities.get(symbol) ?? []);
  const statistics = {
    totalStocks: 5,
    uniqueSectors: 0,
    uniqueExchanges: 0,
    totalMarketCapUsd: 7e12,
    averageMarketCapUsd: 14e11,
    totalCompanies: 1,
    companyMarketCapUsd: 14e11,
  };
  return [
    universeOf({
      name: 'market_leaders',
      key: 'top_1000',
      cacheType: 'market_leader',
      form: { kind: 'stock-list' },
      members: members(['AAA', 'BBB']),
    }),
    universeOf({
      name: 'complete',
      key: 'top_1000',
      cacheType: 'complete',
      form: { kind: 'ticker-list' },
      members: members(['AAA', 'BBB']),
    }),
    universeOf({ members: members(ODD_SYMBOLS) }),
    universeOf({
      type: 'stock_stats',
      name: 'universe',
      key: 'summary',
      cacheType: 'stats',
      form: { kind: 'statistics', statistics },
    }),
  ];
}
