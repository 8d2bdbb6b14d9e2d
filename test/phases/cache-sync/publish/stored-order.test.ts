import { expect } from 'chai';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { readWhy } from '../../../../src/history/explain/explain.js';
import type { Why } from '../../../../src/history/explain/types.js';
import { readCurrentMoment } from '../../../../src/history/point-in-time.js';
import { readUniverse } from '../../../../src/history/universes.js';
import { createTestDatabase, type TestDatabase } from '../../../support/database.js';
import { configOf, MONDAY, sync, TUESDAY, writeListings, type Listing } from '../../../support/market.js';
import { readCacheRows } from './published-state.js';

const calendar = new TradingCalendar();

/** S01 is the largest of twelve stocks; R is a depositary receipt between S01 and S02, X and Y are ETFs. */
function listings(moved: Readonly<Record<string, number>> = {}): Listing[] {
  const stocks = Array.from({ length: 12 }, (_, index): Listing => {
    const symbol = `S${String(index + 1).padStart(2, '0')}`;
    return { symbol, cap: moved[symbol] ?? (20 - index) * 1e9, sector: 'Energy', industry: 'Oil' };
  });
  return [
    ...stocks,
    { symbol: 'R', type: 'ADRC', cap: 19.5e9 },
    { symbol: 'X', type: 'ETF', volume: 1000 },
    { symbol: 'Y', type: 'ETF', volume: 9000 },
  ];
}

describe('what was decided about a universe', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  const why = async (symbol: string, universe: string): Promise<Why> =>
    readWhy(test.database, calendar, symbol, universe, await readCurrentMoment(test.database));

  it('is what why says of the buffer around a ranking, at every size', async () => {
    const config = configOf({
      universes: {
        rankings: [{ key: 'top_10_stocks', title: 'Top 10', size: 10 }],
        banding: [{ universe: 'top_10_stocks' }],
      },
    });
    await writeListings(test.database, MONDAY, listings());
    await sync(test.database, MONDAY, { config });
    // S10 falls to rank 11: with a ratio of 1.11 the buffer is one rank, so that it stays.
    await writeListings(test.database, TUESDAY, listings({ S10: 9.5e9 }));

    await sync(test.database, TUESDAY, { config });

    const answer = await why('S10', 'top_10_stocks');
    expect(answer).to.deep.include({ member: true, rank: 11, position: 10 });
    expect(answer.scope).to.deep.include({ place: 11, size: 10, symbols: 12 });
    expect(answer.banding).to.include({ state: 'buffer', inRank: 9, outRank: 12 });
    expect(answer.sentences.join('\n')).to.include('out at rank 12 or worse');
  });

  it('orders members everywhere as they are published, where the ranks do not give the order', async () => {
    const config = configOf({
      themes: [{ key: 'mixed', title: 'Mixed', symbols: ['S03', 'R', 'S01'] }],
      universes: { combination: { stocks: 2, etfs: ['X', 'Y'] } },
    });
    await writeListings(test.database, MONDAY, listings());

    await sync(test.database, MONDAY, { config });

    expect(await readEverywhere(test, 'mixed', 'themes/mixed')).to.deep.equal(['S01', 'R', 'S03']);
    expect(await readEverywhere(test, 'combo_test', 'stock_etf_test/combo_test')).to.deep.equal([
      'S01',
      'S02',
      'X',
      'Y',
    ]);
    expect((await why('R', 'mixed')).position).to.equal(2);
    expect((await why('X', 'combo_test')).position).to.equal(3);
    expect(await readEverywhere(test, 'all_etfs', 'complete/all_etfs')).to.deep.equal(['Y', 'X']);
  });

  it('stays as it was published while the universe is held', async () => {
    const config = configOf({ universes: { combination: { stocks: 2, etfs: ['X', 'Y'] } } });
    await writeListings(test.database, MONDAY, listings());
    await sync(test.database, MONDAY, { config });
    await test.database.pool.query(`update symbols set market_cap = null where type = 'CS'`);
    await test.database.pool.query(`insert into ohlcv_daily (symbol, date, close, volume) values ('X', $1, 10, 1)`, [
      TUESDAY,
    ]);

    await sync(test.database, TUESDAY, { config });

    expect(await readEverywhere(test, 'combo_test', 'stock_etf_test/combo_test')).to.deep.equal([
      'S01',
      'S02',
      'X',
      'Y',
    ]);
  });
});

/** The members of a universe by the library, by the SQL function and in `cache_entries`: they have to agree. */
async function readEverywhere({ database }: TestDatabase, universe: string, place: string): Promise<string[]> {
  const { members } = await readUniverse(database, universe);
  const { rows } = await database.pool.query<{ symbol: string }>(
    'select symbol from pipeline.universe_members($1) order by position',
    [universe],
  );
  const shown = [...(await readCacheRows(database))].find(([name]) => name.endsWith(place))?.[1].value;
  const symbols = members.map(({ symbol }) => symbol);
  expect(rows.map(({ symbol }) => symbol)).to.deep.equal(symbols);
  expect(toSymbols(shown)).to.deep.equal(symbols);
  return symbols;
}

function toSymbols(value: unknown): string[] {
  const list = Array.isArray(value) ? value : Object.values(value as object).find(Array.isArray);
  return (list as (string | { ticker?: string; symbol?: string })[]).map((entry) =>
    typeof entry === 'string' ? entry : (entry.ticker ?? entry.symbol ?? ''),
  );
}
