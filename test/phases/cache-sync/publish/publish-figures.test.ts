import { expect } from 'chai';
import {
  FRIDAY,
  MONDAY,
  sync,
  THURSDAY,
  TUESDAY,
  WEDNESDAY,
  writeListings,
  type Listing,
} from '../../../support/market.js';
import { readMembers } from './published-state.js';
import { usePublishing, readTop10 } from './publish-fixture.js';

describe('publishing figures', () => {
  const given = usePublishing();

  it('removes stocks that are inactive or delisted, and not those only absent from the session', async () => {
    await sync(given.test.database, MONDAY);
    await writeListings(given.test.database, TUESDAY, [
      { symbol: 'AAPL', cap: 3e12, active: false },
      { symbol: 'XOM', cap: 5e11, delistedDate: TUESDAY },
      { symbol: 'MIDI', cap: 3e9, delistedDate: WEDNESDAY },
    ]);

    await sync(given.test.database, TUESDAY, { force: true });

    expect(await readMembers(given.test.database, 'all_stocks')).to.deep.equal([]);
    const { rows } = await given.test.database.pool.query(
      `select distinct c.symbol, c.reason from pipeline.membership_change c where session = $1 and action = 'removed' order by 1`,
      [TUESDAY],
    );
    expect(rows).to.deep.include.members([
      { symbol: 'AAPL', reason: 'INACTIVE' },
      { symbol: 'XOM', reason: 'INACTIVE' },
    ]);
    expect(await readMembers(given.test.database, 'top_10_stocks')).to.deep.equal(['MIDI', 'MINI']);
  });

  it('leaves out stocks not listed yet, and those whose price and market cap say nothing', async () => {
    await writeListings(given.test.database, MONDAY, [
      { symbol: 'SOON', cap: 1e12, listDate: TUESDAY },
      { symbol: 'NAN', cap: null, shares: 1e9, close: 'NaN' },
      { symbol: 'NANCAP', cap: 1e12, shares: 1e9, close: 'NaN' },
      { symbol: 'NOCAP', cap: null, close: 50 },
      { symbol: 'ZERO', cap: 0 },
    ]);

    await sync(given.test.database, MONDAY);

    expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal(['AAPL', 'NANCAP', 'XOM']);
    const { rows } = await given.test.database.pool.query(
      `select symbol, exclusion from pipeline.valuation where exclusion is not null order by 1`,
    );
    expect(rows).to.deep.equal([
      { symbol: 'NAN', exclusion: 'NO_MARKET_CAP' },
      { symbol: 'NOCAP', exclusion: 'NO_MARKET_CAP' },
      { symbol: 'SOON', exclusion: 'NOT_LISTED_YET' },
      { symbol: 'SPY', exclusion: 'NOT_COMMON' },
      { symbol: 'ZERO', exclusion: 'NO_MARKET_CAP' },
    ]);
  });

  it('values a stock that did not trade with a close of at most three sessions ago', async () => {
    await writeListings(given.test.database, MONDAY, [{ symbol: 'QUIET', cap: null, shares: 1e9, close: 30 }]);
    await given.test.database.pool.query(`update symbols set market_cap = null where symbol = 'QUIET'`);

    await sync(given.test.database, THURSDAY);
    const onThirdSession = await readMembers(given.test.database, 'large_cap');
    await given.test.database.pool.query(`update symbols set market_cap = null where symbol = 'QUIET'`);
    await sync(given.test.database, FRIDAY, { force: true });

    expect(onThirdSession).to.deep.equal(['QUIET']);
    expect(await readMembers(given.test.database, 'large_cap')).to.deep.equal([]);
  });

  it('rewrites symbols.market_cap only where it moved by more than 5 %', async () => {
    const moved = (symbol: string, close: number, cap: number | null): Listing => ({ symbol, close, cap, shares: 1e9 });
    await writeListings(given.test.database, MONDAY, [
      moved('UP5', 105, 100e9),
      moved('UP6', 106, 100e9),
      moved('DOWN5', 95, 100e9),
      moved('DOWN6', 94, 100e9),
      moved('NONE', 94, null),
      { symbol: 'NOSHARES', close: 50, cap: 7e9 },
    ]);

    const report = await sync(given.test.database, MONDAY);

    const { rows } = await given.test.database.pool.query<{ symbol: string; cap: string }>(
      `select symbol, market_cap as cap from symbols where symbol ~ 'UP|DOWN|NO' order by 1`,
    );
    expect(Object.fromEntries(rows.map((row) => [row.symbol, Number(row.cap)]))).to.deep.equal({
      UP5: 100e9,
      UP6: 106e9,
      DOWN5: 100e9,
      DOWN6: 94e9,
      NONE: 94e9,
      NOSHARES: 7e9,
    });
    expect(report.counters['marketCapsRewritten']).to.equal(3);
  });

  it('takes market caps up to what a bigint holds', async () => {
    await writeListings(given.test.database, MONDAY, [
      { symbol: 'HUGE', cap: '9000000000000000000' },
      { symbol: 'QUINT', cap: '1000000000000000000' },
      { symbol: 'MADE', cap: null, close: 1_000_000, shares: '2000000000000' },
    ]);

    await sync(given.test.database, MONDAY);

    const stocks = await readTop10(given.test);
    expect(stocks.slice(0, 3).map((stock) => [stock.ticker, stock.market_cap])).to.deep.equal([
      ['HUGE', 9e18],
      ['MADE', 2e18],
      ['QUINT', 1e18],
    ]);
  });

  for (const [what, listing] of [
    ['a common stock with a market cap', { symbol: 'BAD', cap: 1e9, close: 1_000_000, shares: '90000000000000' }],
    ['a preferred with a market cap', { symbol: 'BAD', type: 'PFD', close: 1_000_000, shares: '90000000000000' }],
    ['a dollar volume', { symbol: 'BAD', cap: 1e9, close: 1_000_000, volume: '9000000000000000000' }],
  ] as const) {
    it(`is not stopped by ${what} that no bigint holds`, async () => {
      await writeListings(given.test.database, MONDAY, [listing]);

      await sync(given.test.database, MONDAY);

      expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal(['AAPL', 'XOM']);
    });
  }

  it('takes a symbols table whose market cap is a numeric', async () => {
    await given.test.database.pool.query('alter table symbols alter column market_cap type numeric');
    await given.test.database.pool.query(`update symbols set market_cap = market_cap + 0.5`);
    await given.test.database.pool.query(`insert into symbols (symbol, type, market_cap) values ('NAN', 'CS', 'NaN')`);

    await sync(given.test.database, MONDAY);

    expect(await readMembers(given.test.database, 'mega_cap')).to.deep.equal(['AAPL', 'XOM']);
  });

  it('carries symbols and names through unchanged, whatever characters they have', async () => {
    const odd: readonly Listing[] = [
      { symbol: `Q'"`, name: `O'Neil "Quotes"`, cap: 9e12 },
      { symbol: 'B\\n\\', name: 'Back\\slash \\N \\.', cap: 8e12 },
      { symbol: 'A,B;{C}', name: 'tab\tnew\nline', cap: 7e12 },
      { symbol: 'TWENTYCHARACTERS-LNG', name: 'Ünïcødé 株式会社 🚀', cap: 6e12 },
      { symbol: '株 $1 %s', name: '\\', cap: 5e12 },
    ];
    await writeListings(given.test.database, MONDAY, odd);

    await sync(given.test.database, MONDAY);

    const stocks = await readTop10(given.test);
    expect(stocks.slice(0, 5).map(({ ticker, name }) => ({ symbol: ticker, name }))).to.deep.equal(
      odd.map(({ symbol, name }) => ({ symbol, name })),
    );
    const members = await readMembers(given.test.database, 'top_10_stocks');
    expect(members).to.include.members(odd.map((listing) => listing.symbol));
    await sync(given.test.database, TUESDAY);
    expect(await readMembers(given.test.database, 'top_10_stocks')).to.deep.equal(members);
  });
});
