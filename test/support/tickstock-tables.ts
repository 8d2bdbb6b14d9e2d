/**
 * A database as a TickStock installation may have left it: the consumer's own column types, times without a zone, short text columns, prices
 * in decimal(12,4) that must not be null, no unique key on cache_entries, rows of cache_entries that belong to others, and a table of the
 * consumer's.
 */
export const TICKSTOCK_TABLES = `
create table symbols (
  symbol varchar(20) primary key,
  name varchar(100),
  market varchar(20),
  locale varchar(10),
  currency_name varchar(10),
  type varchar(10),
  exchange varchar(10),
  primary_exchange varchar(10),
  active boolean,
  market_cap bigint,
  weighted_shares_outstanding bigint,
  sector varchar(20),
  industry varchar(20),
  country varchar(5),
  sic_code varchar(10),
  last_updated timestamp,
  last_updated_utc timestamp,
  watched boolean not null default false,
  note text
);
insert into symbols (symbol, name, locale, type, active, market_cap, sector, last_updated, watched, note) values
  ('AAPL', 'Apple Inc.', 'us', 'CS', true, 3000000000000, 'Technology', '2026-06-01 12:00', true, 'mine'),
  ('GONE', 'Gone Inc.', 'us', 'CS', false, null, null, '2020-01-01', false, null),
  ('SPY', 'SPDR S&P 500', 'us', 'ETF', true, null, null, null, true, E'two\\nlines');
update symbols set weighted_shares_outstanding = 20000000000 where symbol = 'AAPL';

create table ohlcv_daily (
  id bigserial primary key,
  symbol varchar(20) not null references symbols (symbol),
  date date not null,
  open decimal(12,4) not null, high decimal(12,4) not null, low decimal(12,4) not null, close decimal(12,4),
  volume bigint,
  vwap decimal(12,4),
  created_at timestamp default now(),
  unique (symbol, date)
);
insert into ohlcv_daily (symbol, date, open, high, low, close, volume, vwap) values
  ('AAPL', '2026-06-29', 200.1, 203.5, 199.9, 202.25, 40000000, 201.7),
  ('SPY', '2026-06-29', 600, 605, 599, 604.5, 70000000, null);

create table daily_indicators (
  id serial primary key,
  symbol varchar(20) not null,
  indicator_type varchar(50) not null,
  value_data jsonb not null,
  timeframe varchar(10) not null default 'daily',
  calculation_timestamp timestamp not null default now(),
  expiration_date timestamp not null
);
insert into daily_indicators (symbol, indicator_type, value_data, calculation_timestamp, expiration_date) values
  ('AAPL', 'rsi_14', '{"rsi_14": 55.2}', '2026-06-29 21:00', '2026-06-30 20:00');

create table cache_entries (
  id serial primary key,
  type varchar(100) not null,
  name varchar(255) not null,
  key varchar(255) not null,
  value jsonb not null,
  environment varchar(20) not null default 'DEFAULT',
  owner varchar(20) not null default 'host',
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp
);
insert into cache_entries (type, name, key, value) values
  ('app_settings', 'theme', 'dark', '{"on": true}'),
  ('app_settings', 'theme', 'dark', '{"on": false}'),
  ('something_else', 'x', 'y', '[1, 2]'),
  ('stock_universe', 'my_list', 'favourites', '["AAPL"]');

create table processing_runs (run_id uuid primary key, status text not null, started_at timestamp not null);
insert into processing_runs values ('6f1c2b1e-0000-4000-8000-000000000001', 'completed', '2026-06-01 21:00');
`;
