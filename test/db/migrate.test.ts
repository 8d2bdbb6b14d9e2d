import { expect } from 'chai';
import { Migrator } from 'kysely';
import type { Database } from '../../src/db/database.js';
import { migrate, readMigrationStatus } from '../../src/db/migrate.js';
import { MIGRATIONS } from '../../src/db/migrations/index.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

const ALL = [
  '0001-shared-tables',
  '0002-pipeline',
  '0003-events',
  '0004-trust',
  '0005-explain',
  '0006-one-evening',
  '0007-selections',
  '0008-comments',
  '0009-commit-seq',
  '0010-renames',
  '0011-corporate-actions',
  '0012-securities',
  '0013-beliefs',
  '0014-held-sessions',
  '0015-leases',
  '0016-verdicts',
  '0017-notifications',
  '0018-announced-closures',
  '0019-groups',
  '0020-handover',
  '0021-host-facts',
  '0022-measure-limits',
];

describe('migrations', () => {
  let empty: TestDatabase;

  beforeEach(async () => {
    empty = await createEmptyDatabase();
  });

  afterEach(async () => {
    await empty.drop();
  });

  it('create the shared tables and the pipeline schema in an empty database, once', async () => {
    const first = await migrate(empty.database);
    const second = await migrate(empty.database);

    expect(first).to.deep.equal(ALL);
    expect(second).to.deep.equal([]);
  });

  it('run by two processes at once apply each migration once', async () => {
    const applied = await Promise.all([migrate(empty.database), migrate(empty.database)]);

    expect(applied.flat().toSorted()).to.deep.equal(ALL);
  });

  it('refuse a database that a newer build has migrated', async () => {
    await migrate(empty.database);
    await empty.database.pool.query(
      `insert into pipeline.migration (name, timestamp) values ('0099-from-the-future', '2030-01-01')`,
    );

    const refusal = await readMigrationStatus(empty.database).catch((error: unknown) => error);

    expect(refusal).to.include({ code: 'EOD_DB_NEWER' });
    expect(refusal).to.have.property('message').that.includes('0099-from-the-future');
  });

  it('give the ETFs of sessions that were published before their ranks, and keep the order of their lists', async () => {
    await migrateBefore(empty.database, '0007-selections');
    await empty.database.pool.query(
      `insert into pipeline.run (id, session, trigger, mode, force, phases, status, started_at)
       values ('00000000-0000-0000-0000-000000000001', '2026-06-22', 'manual', 'full', false, '{cache-sync}', 'completed', now());
       insert into pipeline.phase_run (run_id, phase, ordinal, session, status)
       values ('00000000-0000-0000-0000-000000000001', 'cache-sync', 2.5, '2026-06-22', 'completed');
       insert into pipeline.symbol_fact (symbol, valid_from, type, active)
       values ('A', '2026-06-22', 'ETF', true), ('B', '2026-06-22', 'ETF', true), ('C', '2026-06-22', 'CS', true);
       insert into pipeline.valuation (session, symbol, dollar_volume_usd, source, exclusion, flags, suspect_sessions)
       values ('2026-06-22', 'A', 5, 'none', 'NOT_COMMON', '{}', 0), ('2026-06-22', 'B', 9, 'none', 'NOT_COMMON', '{}', 0),
              ('2026-06-22', 'C', 99, 'none', 'NO_MARKET_CAP', '{}', 0);
       insert into pipeline.universe (type, name, key, title, cache_type, policy, policy_hash)
       values ('etf_universe', 'complete', 'all_etfs', 'All ETFs', 'complete', '{}', '');
       insert into pipeline.membership (universe_id, symbol, valid_from, known_from, run_in)
       select 1, symbol, '2026-06-22', now(), gen_random_uuid() from unnest('{A,B}'::text[]) as symbol`,
    );

    await migrate(empty.database);

    const { rows } = await empty.database.pool.query<{ symbols: string[] }>(
      `select array_agg(symbol order by position) as symbols from pipeline.universe_members('all_etfs')`,
    );
    expect(rows[0]?.symbols).to.deep.equal(['B', 'A']);
  });

  it('give every symbol a security, divided where a ticker was used again and joined where one was changed', async () => {
    await migrateBefore(empty.database, '0012-securities');
    await empty.database.pool.query(
      `insert into pipeline.symbol_fact (symbol, valid_from, active)
       select unnest('{PLAIN,OLD,NEW,TAKEN}'::text[]), '2026-06-22', true;
       insert into ohlcv_daily (symbol, date, close)
       values ('OLD', '2026-06-22', 10), ('NEW', '2026-06-24', 10), ('TAKEN', '2026-06-22', 5), ('TAKEN', '2026-06-25', 50);
       insert into pipeline.symbol_event (run_id, session, symbol, event, reason, detail, known_at)
       values (gen_random_uuid(), '2026-06-24', 'OLD', 'renamed', 'TICKER_CHANGED', '{"to": "NEW"}', now()),
              (gen_random_uuid(), '2026-06-25', 'TAKEN', 'reused', 'FIRST_DAY', '{}', now());
       insert into pipeline.universe (type, name, key, title, cache_type, policy, policy_hash)
       values ('stock_universe', 'complete', 'all', 'All', 'complete', '{}', '');
       insert into pipeline.membership (universe_id, symbol, valid_from, valid_to, known_from, run_in)
       values (1, 'PLAIN', '2026-06-22', null, now(), gen_random_uuid()), (1, 'OLD', '2026-06-22', '2026-06-24', now(), gen_random_uuid()),
              (1, 'NEW', '2026-06-24', null, now(), gen_random_uuid()), (1, 'TAKEN', '2026-06-22', '2026-06-25', now(), gen_random_uuid()),
              (1, 'TAKEN', '2026-06-25', null, now(), gen_random_uuid())`,
    );

    await migrate(empty.database);

    const { rows } = await empty.database.pool.query<{ text: string }>(
      `select concat_ws(' ', m.symbol, m.valid_from, s.first_ticker, s.first_session) as text
       from pipeline.membership m join pipeline.security s on s.id = m.security_id order by 1`,
    );
    expect(rows.map(({ text }) => text)).to.deep.equal([
      'NEW 2026-06-24 OLD -infinity',
      'OLD 2026-06-22 OLD -infinity',
      'PLAIN 2026-06-22 PLAIN -infinity',
      'TAKEN 2026-06-22 TAKEN -infinity',
      'TAKEN 2026-06-25 TAKEN 2026-06-25',
    ]);
  });
});

/** A database as the release before a migration left it. */
async function migrateBefore({ db }: Database, name: string): Promise<void> {
  const earlier = Object.entries(MIGRATIONS).filter(([known]) => known < name);
  const migrator = new Migrator({
    db,
    provider: { getMigrations: () => Promise.resolve(Object.fromEntries(earlier)) },
    migrationTableSchema: 'pipeline',
    migrationTableName: 'migration',
    migrationLockTableName: 'migration_lock',
  });
  const { error } = await migrator.migrateToLatest();
  expect(error).to.equal(undefined);
}
