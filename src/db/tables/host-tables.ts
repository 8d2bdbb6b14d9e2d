import {
  boolean,
  date,
  instant,
  jsonb,
  numeric,
  orNull,
  varchar,
  withDefault,
  type TableDeclarations,
} from '../column.js';

/** The columns of a host's tables that typed queries use. */
export const HOST_TABLES = {
  'public.symbols': {
    symbol: varchar,
    locale: orNull(varchar),
    active: withDefault(orNull(boolean)),
    delisted_date: orNull(date),
  },
  'public.cache_entries': {
    type: varchar,
    name: varchar,
    key: varchar,
    value: jsonb(),
    environment: withDefault(varchar),
    updated_at: withDefault(orNull(instant)),
  },
  'public.ohlcv_daily': { symbol: varchar, date, close: orNull(numeric) },
} as const satisfies TableDeclarations;
