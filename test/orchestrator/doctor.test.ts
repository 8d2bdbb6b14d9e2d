import { expect } from 'chai';
import pg from 'pg';
import { createPipeline } from '../../src/container.js';
import type { Pipeline } from '../../src/orchestrator/pipeline.js';
import { CHECKS } from '../../src/orchestrator/doctor/checks/index.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { MONDAY, TUESDAY, writeListings } from '../support/market.js';
import { skipWithoutRedis, startRedis, type TestRedis } from '../support/redis.js';
import { MARKET } from './holds-fixture.js';

const PHASES = ['import', 'cache-sync'];

describe('doctor', () => {
  let test: TestDatabase;
  let pool: pg.Pool;
  let pipeline: Pipeline;
  /** How far the clock of the pipeline is off. */
  let offsetMs: number;
  const clock = { now: () => Date.now() + offsetMs };

  beforeEach(async () => {
    test = await createTestDatabase();
    pool = new pg.Pool({ connectionString: test.url, max: 5 });
    pool.on('error', () => undefined);
    offsetMs = 0;
    pipeline = await open();
    for (const session of [MONDAY, TUESDAY]) {
      await writeListings(test.database, session, MARKET);
      await pipeline.run({ session, phases: PHASES });
    }
  });

  afterEach(async () => {
    await pipeline.close();
    await pool.end();
    await test.drop();
  });

  const open = (options: { clock?: { now(): number }; redis?: string } = {}): Promise<Pipeline> =>
    createPipeline({
      database: pool,
      clock: options.clock ?? clock,
      config: { options: { schedule: { enabled: true }, ...(options.redis && { redis: { url: options.redis } }) } },
    });
  const query = (text: string, values: unknown[] = []) => pool.query(text, values);
  const findings = async (examined = pipeline): Promise<string[]> =>
    (await examined.examine()).flatMap(({ check, finding }) => (finding ? [`${check}: ${finding.problem}`] : []));

  it('finds nothing on a sound database, and says of every check what is in order', async () => {
    const results = await pipeline.examine();

    expect(results.filter(({ finding }) => finding !== null)).to.deep.equal([]);
    expect(results.map(({ check }) => check)).to.deep.equal(CHECKS.map(({ id }) => id));
    for (const { title } of results) expect(title).to.have.length.above(10);
  });

  const planted: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    [
      'a migration that is pending',
      () => query(`delete from pipeline.migration where name = '0022-measure-limits'`),
      'schema: 1 migrations are pending: 0022-measure-limits',
    ],
    ['a clock that is an hour off', () => Promise.resolve((offsetMs = -3_600_000)), ' s ahead of that of this process'],
    [
      'a run that is left by a process that died',
      () => query(`update pipeline.run set status = 'running' where session = $1`, [TUESDAY]),
      'lease: the process of the run under way has died, and no other one has taken it over',
    ],
    [
      'a row of cache_entries that another program changed',
      () => query(`update cache_entries set value = '["BIG"]' where key = 'large_cap'`),
      'rows of cache_entries differ from what would be written, the first is ',
    ],
    [
      'a row of cache_entries that another program deleted',
      () => query(`delete from cache_entries where key = 'large_cap'`),
      'rows of cache_entries differ from what would be written, the first is ',
    ],
    [
      'a membership that overlaps another',
      () =>
        query(`insert into pipeline.membership
               select (jsonb_populate_record(m, '{"valid_from": "2026-06-01", "valid_to": "2026-06-25"}')).*
               from pipeline.membership m where symbol = 'BIG' limit 1`),
      'memberships: BIG in ',
    ],
    [
      'a member that its audit never removed, and that is gone',
      () => query(`delete from pipeline.membership where symbol = 'DELL'`),
      'memberships: DELL in ',
    ],
    [
      'bars of a holiday',
      () => query(`insert into ohlcv_daily (symbol, date, close) values ('BIG', '2026-06-19', 1)`),
      'bars-on-closed-days: ohlcv_daily has bars of 2026-06-19: Juneteenth',
    ],
    [
      'a notification that was given up',
      () =>
        query(`with channel as (insert into pipeline.notification_channel values ('slack', now()) returning channel)
               insert into pipeline.notification (channel, cause, session, message, state, error)
               select channel, 'run.failed', '2026-06-22', '{}', 'failed', 'the answer was 404' from channel`),
      'notifications: 1 message was not accepted; slack: the answer was 404',
    ],
    [
      'a session that was due and is not published',
      () => query(`insert into pipeline.duty (pipeline, since) values ('daily', '2026-06-01')`),
      ' is late, missed: no service ran when it was due: tickstock backfill',
    ],
  ];
  for (const [title, plant, expected] of planted) {
    it(`finds ${title}`, async () => {
      await plant();

      const found = await findings();

      expect(found).to.have.lengthOf(1);
      expect(found[0]).to.include(expected);
    });
  }

  it('finds a database that is read-only, and says what it cannot check there', async () => {
    await query(
      `do $$ begin execute format('alter database %I set default_transaction_read_only to on', current_database()); end $$`,
    );

    // A connection has the settings of its database from when it was opened.
    expect(await findings(await reopened())).to.deep.equal([
      'server: transactions are read-only by default',
      'projection: cannot be checked while the server accepts no writes',
    ]);
  });

  it('finds a user who may not write a table', async () => {
    const name = new URL(test.url).pathname.slice(1);
    await query(`create role "reader_${name}" login password 'x'`);
    await query(`grant usage on schema pipeline, public to "reader_${name}"`);
    await query(`grant select on all tables in schema pipeline, public to "reader_${name}"`);
    const url = Object.assign(new URL(test.url), { username: `reader_${name}`, password: 'x' }).href;
    const reader = new pg.Pool({ connectionString: url, max: 4 });
    const examined = await createPipeline({ database: reader, schema: 'examine', clock });

    const results = await examined.examine();
    await examined.close();
    await reader.end();
    await query(`drop owned by "reader_${name}"; drop role "reader_${name}"`);

    const { finding } = results.find(({ check }) => check === 'privileges') ?? { finding: null };
    expect(finding?.problem).to.match(/^this user may not write pipeline\.\w+/);
    expect(finding?.fix).to.include('tickstock db grants --role USER');
  });

  it('finds a calendar that ends soon', async () => {
    const examined = await open({ clock: { now: () => Date.parse('2030-09-03T00:00:00Z') } });

    const found = await findings(examined);
    await examined.close();

    expect(found).to.include(
      'calendar-horizon: the holidays are checked until 2030-12-31, in 119 days; later ones follow the rules of the exchange',
    );
  });

  it('finds tables that were never analyzed', async () => {
    await query('alter table ohlcv_daily set (autovacuum_enabled = off)');
    await query(
      `insert into ohlcv_daily (symbol, date, close)
                 select 'S' || n, $1, 1 from generate_series(1, 150000) n`,
      ['2026-06-18'],
    );
    await query('select pg_stat_force_next_flush()');

    const found = await findings();

    expect(found.join('\n')).to.include('statistics: statistics of public.ohlcv_daily are out of date');
  });

  describe('with Redis', () => {
    let redis: TestRedis;

    before(function () {
      skipWithoutRedis(this);
    });

    beforeEach(async () => {
      redis = await startRedis();
    });

    afterEach(async () => {
      await redis.stop();
    });

    it('finds one that is down, and events that have waited', async () => {
      const examined = await open({ redis: redis.url });
      const sound = await findings(examined);
      await redis.kill();
      await query(`update pipeline.outbox set published_at = null, created_at = now() - interval '1 hour'`);

      const found = await findings(examined);
      await examined.close({ drainMs: 0 });

      expect(sound).to.deep.equal([]);
      expect(found[0]).to.equal('redis: Redis does not accept events; they wait in the database');
      expect(found[1]).to.match(/^events: \d+ events have waited for more than ten minutes$/);
    });
  });

  async function reopened(): Promise<Pipeline> {
    await pipeline.close();
    await pool.end();
    pool = new pg.Pool({ connectionString: test.url, max: 5 });
    pool.on('error', () => undefined);
    pipeline = await createPipeline({ database: pool, schema: 'examine', clock });
    return pipeline;
  }
});
