import { expect } from 'chai';
import type { PipelineError } from '../../src/core/errors.js';
import type { Database } from '../../src/db/database.js';
import { migrate } from '../../src/db/migrate.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';
import { describeSchema } from '../support/describe-schema.js';
import { TICKSTOCK_TABLES } from '../support/tickstock-tables.js';

const TABLES = ['symbols', 'ohlcv_daily', 'daily_indicators', 'cache_entries', 'processing_runs'];

describe('adopting tables that already exist', () => {
  let test: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    test = await createEmptyDatabase();
    database = test.database;
  });

  afterEach(async () => {
    await test.drop();
  });

  it("keeps every row and column of TickStock's tables and adds the columns they lack", async () => {
    await database.pool.query(TICKSTOCK_TABLES);
    const before = await readContents(database);
    const columnsBefore = await readColumns(database);

    await migrate(database);

    const after = await readContents(database);
    const columnsAfter = await readColumns(database);
    for (const table of TABLES) {
      const kept = after[table]?.map((row, index) => pick(row, Object.keys(before[table]?.[index] ?? {})));
      expect(kept, table).to.deep.equal(before[table]);
    }
    expect(columnsAfter).to.include.members(columnsBefore);
    expect(columnsAfter.filter((column) => !columnsBefore.includes(column))).to.include.members([
      'symbols.list_date date null',
      'symbols.delisted_date date null',
      'symbols.etf_type character varying(100) null',
      'symbols.share_class_figi character varying(20) null',
      'daily_indicators.metadata jsonb null',
    ]);
  });

  it('leaves a table of another product alone, whatever it looks like', async () => {
    await database.pool.query(TICKSTOCK_TABLES);
    const ofRuns = (schema: string): string[] =>
      schema.split('\n').filter((line) => line.startsWith('public.processing_runs'));
    const before = ofRuns(await describeSchemaOf(database));

    await migrate(database);

    expect(ofRuns(await describeSchemaOf(database))).to.deep.equal(before);
  });

  it('adopts its own tables of before once the pipeline schema is gone', async () => {
    await migrate(database);
    const before = await describeSchema(database);
    await database.pool.query('drop schema pipeline cascade');

    await migrate(database);

    expect(await describeSchema(database)).to.equal(before);
  });

  for (const [form, key] of [
    ['a unique index with one more column included', 'create unique index on symbols (symbol) include (name)'],
    ['a unique index', 'create unique index on symbols (symbol)'],
  ] as const) {
    it(`takes ${form} for a unique key`, async () => {
      await database.pool.query(`create table symbols (symbol varchar(20) not null, name text); ${key}`);

      expect(await migrate(database)).to.include('0001-shared-tables');
    });
  }

  for (const [form, key] of [
    ['a partial unique index', 'create unique index on symbols (symbol) where name is not null'],
    ['a unique index on an expression', 'create unique index on symbols (upper(symbol))'],
    ['a deferrable constraint', 'alter table symbols add unique (symbol) deferrable'],
    ['a unique index on more columns', 'create unique index on symbols (symbol, name)'],
    ['a unique index on another column that includes it', 'create unique index on symbols (name) include (symbol)'],
    ['an index that is not unique', 'create index on symbols (symbol)'],
  ] as const) {
    it(`does not take ${form} for a unique key`, async () => {
      await database.pool.query(`create table symbols (symbol varchar(20) not null, name text); ${key}`);

      const refusal = await refusalOf(database);

      expect(refusal.context['differences']).to.deep.equal(['symbols has no unique key on (symbol)']);
    });
  }

  it('refuses a key that is padded with spaces', async () => {
    await database.pool.query('create table symbols (symbol char(12) primary key, name text)');

    const refusal = await refusalOf(database);

    expect(refusal.context['differences']).to.deep.equal(['symbols.symbol is bpchar, not one of varchar, text']);
  });

  it('refuses with every difference at once and changes nothing', async () => {
    await database.pool.query(`
      create table symbols (symbol integer, name varchar(10), active text, tenant integer not null, region text not null default 'us');
      create table ohlcv_daily (symbol varchar(10), close integer, volume double precision, date timestamp, primary key (symbol, date));
      create table daily_indicators (symbol varchar(20), value_data json);
      create table cache_entries (type varchar(100), key varchar(255), value text, environment varchar(10));
      insert into symbols values (1, 'One', 'yes', 1)`);
    const before = [await describeSchemaOf(database), await readContents(database, ['symbols'])];

    const refusal = await refusalOf(database);

    expect(refusal.code).to.equal('EOD_DB_SCHEMA');
    expect(refusal.context['differences']).to.have.members([
      'symbols.symbol is int4, not one of varchar, text',
      'symbols.active is text, not one of bool',
      'symbols.tenant is not null and has no default, so rows cannot be added',
      'symbols has no unique key on (symbol)',
      'ohlcv_daily.date is timestamp, not one of date',
      'ohlcv_daily.close is int4, not one of numeric, float8, float4',
      'ohlcv_daily.volume is float8, not one of int8, numeric',
      'daily_indicators.indicator_type is missing (varchar(50) not null)',
      "daily_indicators.timeframe is missing (varchar(20) not null default 'daily')",
      'daily_indicators.value_data is json, not one of jsonb',
      'daily_indicators.calculation_timestamp is missing (timestamptz not null)',
      'cache_entries.name is missing (varchar(255) not null)',
      'cache_entries.value is text, not one of jsonb',
    ]);
    for (const difference of refusal.context['differences'] as string[]) expect(refusal.message).to.include(difference);
    expect([await describeSchemaOf(database), await readContents(database, ['symbols'])]).to.deep.equal(before);
  });

  it('refuses a view, and a generated column that it has to write; others are left to the server', async () => {
    await database.pool.query(`
      create table raw_symbols (symbol text primary key);
      create view symbols as select symbol from raw_symbols;
      create table ohlcv_daily (
        symbol text, date date, open numeric, high numeric, low numeric, close numeric, volume bigint,
        dollar_volume numeric generated always as (close * volume) stored, primary key (symbol, date))`);
    const view = await refusalOf(database);
    await database.pool.query(`
      drop view symbols;
      create table symbols (
        symbol text primary key, name text, shares numeric,
        market_cap numeric generated always as (shares * 2) stored, label text generated always as (upper(symbol)) stored)`);

    const generated = await refusalOf(database);
    await database.pool.query('alter table symbols drop column market_cap');
    await migrate(database);

    expect(view.context['differences']).to.deep.equal([
      'symbols is a view, which has no unique key: it must be a table',
    ]);
    expect(generated.context['differences']).to.deep.equal([
      'symbols.market_cap is generated, so its values cannot be written',
    ]);
  });

  it('refuses columns that must not be null where a source may not know the fact, a default or not', async () => {
    await database.pool.query(`
      create table symbols (symbol varchar(20) primary key, name text not null, sector text not null default '',
        market_cap bigint not null default 0, sic_code text not null);
      create table daily_indicators (symbol text not null, indicator_type text not null, timeframe text not null,
        value_data jsonb not null, calculation_timestamp timestamp not null, expiration_date text not null)`);

    const refusal = await refusalOf(database);

    expect(refusal.context['differences']).to.have.members([
      'symbols.name is not null, so rows with an unknown value cannot be written',
      'symbols.sector is not null, so rows with an unknown value cannot be written',
      'symbols.market_cap is not null, so rows with an unknown value cannot be written',
      'symbols.sic_code is not null and has no default, so rows cannot be added',
      'daily_indicators.expiration_date is not null and has no default, so rows cannot be added',
    ]);
  });

  for (const [layout, columns] of [
    [
      'universe',
      `id serial primary key, universe varchar(100) unique, content jsonb, cache_type varchar(50),
       created_at timestamptz, updated_at timestamptz`,
    ],
    [
      'symbols',
      `id serial primary key, cache_key varchar unique, symbols jsonb, universe_category varchar(50),
       liquidity_filter jsonb, universe_metadata jsonb, last_universe_update timestamp`,
    ],
  ] as const) {
    it(`leaves a cache_entries of the layout "${layout}" as it is`, async () => {
      await database.pool.query(`create table cache_entries (${columns}); insert into cache_entries default values`);
      const before = [await readContents(database, ['cache_entries']), await readColumns(database)];

      await migrate(database);

      const columnsAfter = (await readColumns(database)).filter((column) => column.startsWith('cache_entries.'));
      expect([await readContents(database, ['cache_entries']), columnsAfter]).to.deep.equal(before);
    });
  }
});

async function refusalOf(database: Database): Promise<PipelineError> {
  const refusal = await migrate(database).catch((error: unknown) => error);
  expect(refusal).to.have.property('code', 'EOD_DB_SCHEMA');
  return refusal as PipelineError;
}

/** Migrating makes the schema `pipeline` before it looks at anything; what is in it is not what is compared here. */
async function describeSchemaOf(database: Database): Promise<string> {
  await database.pool.query('create schema if not exists pipeline');
  const lines = (await describeSchema(database)).split('\n');
  return lines.filter((line) => line.startsWith('public.')).join('\n');
}

type Row = Record<string, unknown>;

/** Table → its rows as JSON, with the transaction that wrote each: a rewritten row shows even when its values do not change. */
async function readContents(database: Database, tables: readonly string[] = TABLES): Promise<Record<string, Row[]>> {
  const contents: Record<string, Row[]> = {};
  for (const table of tables) {
    const { rows } = await database.pool.query<{ row: Row }>(
      `select to_jsonb(t) || jsonb_build_object('xmin', t.xmin::text) as row from public.${table} t order by t.ctid`,
    );
    contents[table] = rows.map(({ row }) => row);
  }
  return contents;
}

async function readColumns(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ text: string }>(
    `select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
            || case when attnotnull then ' not null' else ' null' end as text
     from pg_attribute a join pg_class c on c.oid = a.attrelid
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and attnum > 0
     order by c.relname, attnum`,
  );
  return rows.map((row) => row.text);
}

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name]]));
}
