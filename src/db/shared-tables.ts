/**
 * The four tables shared with TickStock, as in section 1 of `appv2-contract`: what is created where they are absent, and what an existing
 * table must have to be adopted.
 */

/** Groups of column types that this product reads and writes alike. */
export const TYPE_FAMILIES = {
  text: ['varchar', 'text', 'bpchar'],
  // `char` pads a key with spaces, which then differs from the same text anywhere else.
  key: ['varchar', 'text'],
  number: ['numeric', 'float8', 'float4', 'int8', 'int4', 'int2'],
  decimal: ['numeric', 'float8', 'float4'],
  whole: ['int8', 'numeric'],
  boolean: ['bool'],
  date: ['date'],
  instant: ['timestamptz', 'timestamp'],
  jsonb: ['jsonb'],
} as const;

type TypeFamily = keyof typeof TYPE_FAMILIES;

export interface SharedColumn {
  readonly name: string;
  readonly family: TypeFamily;
  /** Type and constraints when created or added. Only nullable columns can be added to a table with rows. */
  readonly definition: string;
  /** True for a column the table is useless without: its absence is a difference, not something to add. */
  readonly essential?: true;
  /** `always` with a value, `never` by this product; otherwise an unknown fact is written as null. */
  readonly written?: 'always' | 'never';
}

export interface SharedTable {
  readonly name: string;
  readonly columns: readonly SharedColumn[];
  /** Columns that are written if an existing table has them with a type of their family, and are never created. */
  readonly optional?: readonly SharedColumn[];
  /** Columns created only with the table, such as surrogate keys. An existing table may lack them. */
  readonly ownKey?: string;
  /** Columns that must be unique together, by a constraint or an index. */
  readonly unique?: readonly string[];
  /** Written only when this product creates the table. */
  readonly indexes?: readonly string[];
}

const column = (name: string, family: TypeFamily, definition: string): SharedColumn => ({ name, family, definition });
const filled = (name: string, family: TypeFamily, definition: string): SharedColumn => ({
  ...column(name, family, definition),
  written: 'always',
});
const unwritten = (name: string, family: TypeFamily, definition: string): SharedColumn => ({
  ...column(name, family, definition),
  written: 'never',
});
const essential = (name: string, family: TypeFamily, definition: string): SharedColumn => ({
  ...filled(name, family, definition),
  essential: true,
});

export const SHARED_TABLES: readonly SharedTable[] = [
  {
    name: 'symbols',
    columns: [
      essential('symbol', 'key', 'varchar(20) primary key'),
      column('name', 'text', 'varchar(255)'),
      filled('exchange', 'text', 'varchar(50)'),
      filled('primary_exchange', 'text', 'varchar(50)'),
      filled('market', 'text', 'varchar(50)'),
      filled('locale', 'text', 'varchar(20)'),
      filled('currency_name', 'text', 'varchar(20)'),
      filled('type', 'text', 'varchar(20)'),
      filled('active', 'boolean', 'boolean default true'),
      unwritten('cik', 'text', 'varchar(20)'),
      unwritten('composite_figi', 'text', 'varchar(20)'),
      unwritten('share_class_figi', 'text', 'varchar(20)'),
      column('market_cap', 'whole', 'bigint'),
      column('weighted_shares_outstanding', 'whole', 'bigint'),
      unwritten('sic_code', 'text', 'varchar(10)'),
      unwritten('sic_description', 'text', 'varchar(255)'),
      column('sector', 'text', 'varchar(100)'),
      column('industry', 'text', 'varchar(150)'),
      column('country', 'text', 'varchar(100)'),
      unwritten('total_employees', 'number', 'integer'),
      column('list_date', 'date', 'date'),
      column('delisted_date', 'date', 'date'),
      column('etf_type', 'text', 'varchar(100)'),
      column('aum_millions', 'decimal', 'numeric'),
      column('expense_ratio', 'decimal', 'numeric'),
      column('issuer', 'text', 'varchar(100)'),
      column('underlying_index', 'text', 'varchar(255)'),
      column('inception_date', 'date', 'date'),
      filled('last_updated_utc', 'instant', 'timestamptz'),
      filled('last_updated', 'instant', 'timestamptz'),
    ],
    unique: ['symbol'],
  },
  {
    name: 'ohlcv_daily',
    ownKey: 'id bigserial primary key',
    columns: [
      essential('symbol', 'key', 'varchar(20) not null'),
      essential('date', 'date', 'date not null'),
      // Null when the source has none; a `not null` column gets the close.
      filled('open', 'decimal', 'numeric(18,6)'),
      filled('high', 'decimal', 'numeric(18,6)'),
      filled('low', 'decimal', 'numeric(18,6)'),
      essential('close', 'decimal', 'numeric(18,6)'),
      essential('volume', 'whole', 'bigint'),
      unwritten('created_at', 'instant', 'timestamptz default now()'),
    ],
    unique: ['symbol', 'date'],
    indexes: ['create index ohlcv_daily_date_idx on public.ohlcv_daily (date)'],
  },
  {
    name: 'daily_indicators',
    ownKey: 'id bigserial primary key',
    columns: [
      essential('symbol', 'key', 'varchar(20) not null'),
      essential('indicator_type', 'key', 'varchar(50) not null'),
      essential('timeframe', 'key', "varchar(20) not null default 'daily'"),
      essential('value_data', 'jsonb', 'jsonb not null'),
      filled('metadata', 'jsonb', 'jsonb'),
      essential('calculation_timestamp', 'instant', 'timestamptz not null'),
    ],
    optional: [filled('expiration_date', 'instant', 'timestamptz')],
    indexes: [
      'create unique index daily_indicators_key on public.daily_indicators (symbol, indicator_type, timeframe)',
      'create index daily_indicators_time_idx on public.daily_indicators (calculation_timestamp)',
    ],
  },
];

/** `cache_entries` of the `keyed` layout: created when no table of that name exists. */
export const KEYED_CACHE_ENTRIES: SharedTable = {
  name: 'cache_entries',
  ownKey: 'id bigserial primary key',
  columns: [
    essential('type', 'key', 'varchar(100) not null'),
    essential('name', 'key', 'varchar(255) not null'),
    essential('key', 'key', 'varchar(255) not null'),
    essential('value', 'jsonb', 'jsonb not null'),
    essential('environment', 'key', "varchar(50) not null default 'DEFAULT'"),
    filled('created_at', 'instant', 'timestamptz default now()'),
    filled('updated_at', 'instant', 'timestamptz default now()'),
  ],
  indexes: ['create unique index cache_entries_key on public.cache_entries (type, name, key, environment)'],
};
