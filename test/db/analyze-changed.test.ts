import { expect } from 'chai';
import { analyzeChanged } from '../../src/db/analyze-changed.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('the statistics of the tables', () => {
  let test: TestDatabase;

  beforeEach(async () => {
    test = await createTestDatabase();
  });

  afterEach(async () => {
    await test.drop();
  });

  const write = async (rows: number): Promise<void> => {
    const client = await test.database.connectClient();
    await client.query(
      `insert into ohlcv_daily (symbol, date, close) select 'S' || n, '2026-06-22', 1 from generate_series(1, $1::int) n`,
      [rows],
    );
    await client.query('select pg_stat_force_next_flush()');
    client.release();
  };
  const readEstimate = async (): Promise<number> => {
    const { rows } = await test.database.pool.query<{ rows: number }>(
      `select reltuples::int as rows from pg_class where oid = 'public.ohlcv_daily'::regclass`,
    );
    return rows[0]?.rows ?? 0;
  };

  it('are renewed after many rows were written', async () => {
    await write(5000);
    await analyzeChanged(test.database);

    expect(await readEstimate()).to.equal(5000);
  });

  it('are left alone after a few', async () => {
    await write(500);
    await analyzeChanged(test.database);

    expect(await readEstimate()).to.be.below(1);
  });
});
