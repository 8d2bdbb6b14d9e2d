import { expect } from 'chai';
import { createPipeline, parseSessionDate, type DatabaseSize, type SnakeCased } from '../../src/index.js';
import { runCommand } from '../support/cli-inside.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

describe('tickstock db size', () => {
  let test: TestDatabase;

  before(async () => {
    test = await createTestDatabase();
  });

  after(() => test.drop());

  const run = (...args: string[]) => runCommand(['db', 'size', ...args], { DATABASE_URL: test.url });

  it('of a database without sessions names tables, and no growth', async () => {
    const { exitCode, stdout } = await run();

    expect(exitCode).to.equal(0);
    expect(stdout).to.include('for 0 sessions').and.not.include('a year').and.not.include('NaN');
  });

  it('counts the partitions of a table of a host', async () => {
    const { pool } = test.database;
    await pool.query('alter table cache_entries rename to cache_entries_before');
    await pool.query(`create table cache_entries (id integer, value text) partition by range (id);
                      create table cache_entries_1 partition of cache_entries for values from (0) to (1000000);
                      insert into cache_entries select id, repeat('x', 100) from generate_series(1, 5000) id`);
    const size = JSON.parse((await run('--json')).stdout) as SnakeCased<DatabaseSize>;
    await pool.query('drop table cache_entries; alter table cache_entries_before rename to cache_entries');

    expect(size.tables.find(({ table }) => table === 'cache_entries')?.table_bytes).to.be.above(500_000);
  });

  it('of one with a session says what a year takes; the parts add up', async () => {
    const pipeline = await createPipeline({
      config: { options: { database: { url: test.url }, import: { source: 'sample' } } },
    });
    // Early in the sample market, which then has no year of bars to load first.
    await pipeline.run({ session: parseSessionDate('2025-01-06'), phases: ['import', 'cache-sync'] });
    await pipeline.close();
    const size = JSON.parse((await run('--json')).stdout) as SnakeCased<DatabaseSize>;
    const { stdout } = await run();

    expect(
      size.tables.reduce((sum, { table_bytes: table, index_bytes: indexes }) => sum + table + indexes, 0),
    ).to.equal(size.bytes);
    expect(size.sessions).to.equal(1);
    expect(size.symbol_sessions).to.be.above(4000);
    const growing = size.tables.filter(({ grows }) => grows);
    expect(growing.map(({ table }) => table)).to.include.members([
      'ohlcv_daily',
      'pipeline.valuation',
      'pipeline.source_quote',
    ]);
    expect(growing.map(({ table }) => table)).to.not.include('symbols');
    expect(size.bytes_per_year).to.equal(
      252 * growing.reduce((sum, { table_bytes: table, index_bytes: indexes }) => sum + table + indexes, 0),
    );
    expect(stdout)
      .to.match(/GB a year|MB a year/)
      .and.match(/ohlcv_daily +~[\d,]+ +[\d.]+ MB/);
    for (const line of stdout.split('\n').slice(0, 14)) expect(line.length).to.be.at.most(80);
  });
});
