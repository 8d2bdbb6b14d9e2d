import { expect } from 'chai';
import { createPipeline } from '../../src/container.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, TUESDAY } from '../support/market.js';
import { ScreenerFiles } from '../support/screener-files.js';

describe('a database with a search path of its own', () => {
  let test: TestDatabase;
  let files: ScreenerFiles;

  before(async () => {
    files = await ScreenerFiles.create();
    const nasdaq = Array.from({ length: 40 }, (_, index) => ({
      symbol: `S${index + 10}`,
      marketCap: `${index + 1}000000000`,
    }));
    for (const session of [MONDAY, TUESDAY]) await files.writeSession(session, { nasdaq });
  });

  after(() => files.remove());

  beforeEach(async () => {
    test = await createEmptyDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  const query = async <Row extends object>(text: string): Promise<Row[]> =>
    (await test.database.pool.query<Row>(text)).rows;

  for (const [title, path, setup] of [
    ['that leaves public out', 'app', 'create schema app'],
    [
      'that finds tables of the same names first',
      'app, public',
      `create schema app;
       create table app.symbols (symbol text); create table app.ohlcv_daily (symbol text, date date);
       create table app.cache_entries (type text); create table app.daily_indicators (symbol text)`,
    ],
  ] as const) {
    it(`${title} is migrated and gets its session, in public`, async () => {
      await query(setup);
      await query(
        `do $$ begin execute format('alter database %I set search_path to ${path}', current_database()); end $$`,
      );
      const pipeline = await createPipeline({
        config: { options: { database: { url: test.url }, import: { source: 'screener', dir: files.dir } } },
      });

      await pipeline.run({ session: MONDAY });
      const result = await pipeline.run({ session: TUESDAY });
      expect([result.error?.message, result.status]).to.deep.equal([undefined, 'completed']);
      const [stock] = await query<{ symbol: string }>('select symbol from public.symbols order by symbol limit 1');
      const parity = await pipeline.parity();
      const { publishedSession, symbols } = await pipeline.status();
      const bars = await pipeline.securities.bars(stock?.symbol ?? '');
      await pipeline.close();

      expect(parity.differences).to.deep.equal([]);
      expect(publishedSession).to.equal(TUESDAY);
      expect(symbols).to.be.at.least(40);
      expect(bars.length).to.be.greaterThan(1);
      const [counted] = await query<{ bars: number; rows: number }>(
        `select (select count(*)::int from public.ohlcv_daily) as bars, (select count(*)::int from public.cache_entries) as rows`,
      );
      expect(counted?.bars).to.be.at.least(80);
      expect(counted?.rows).to.be.greaterThan(5);
      if (title.includes('same names'))
        expect(await query('select from app.ohlcv_daily union all select from app.symbols')).to.deep.equal([]);
    });
  }

  it('has functions that name the schema of every table', async () => {
    const pipeline = await createPipeline({ config: { options: { database: { url: test.url } } } });
    await pipeline.close();

    const unqualified = await query(
      `select proname from pg_proc where pronamespace = 'pipeline'::regnamespace
         and prosrc ~ '\\m(from|join|into|update) (symbols|ohlcv_daily|cache_entries|daily_indicators)\\M'`,
    );

    expect(unqualified).to.deep.equal([]);
  });
});
