import { MONDAY } from './market.js';
import type { Pool, PoolClient } from 'pg';
import { writeUniverses } from '../../phases/cache-sync/membership/open-universes.js';
import type { CacheLayout } from '../../phases/cache-sync/projection/layout.js';
import type { Universe } from '../../phases/cache-sync/universes/rule.js';
import { writeProjection } from '../../phases/cache-sync/projection/write-projection.js';
import type { Database } from '../../src/db/database.js';

/** One form of `cache_entries` as an installation has it, and the columns a test reads of it. */
export interface CacheTableForm {
  readonly columns: string;
  /** SQL of a row's place as people read it. */
  readonly place: string;
  /** SQL of the column that holds the symbols. */
  readonly content: string;
  /** SQL of the list of tickers in it, for a universe that every form shows as tickers. */
  readonly tickers: string;
  /** A row at a place, as somebody else wrote it: place, then symbols. */
  insert(place: string, symbols: readonly string[]): { readonly text: string; readonly values: unknown[] };
}

/** The three forms in use, from appv2-contract section 1. */
export const CACHE_TABLES: Readonly<Record<string, CacheTableForm>> = {
  keyed: {
    columns: `id bigserial primary key, type varchar(100) not null, name varchar(255) not null, key varchar(255) not null, value jsonb,
              environment varchar(50) default 'DEFAULT', created_at timestamptz default now(), updated_at timestamptz default now()`,
    place: `concat_ws('/', type, name, key)`,
    content: 'value',
    tickers: 'value',
    insert: (place, symbols) => ({
      text: `insert into cache_entries (type, name, key, value, updated_at)
             values (split_part($1, '/', 1), split_part($1, '/', 2), split_part($1, '/', 3), $2, '2020-01-02')`,
      values: [place, JSON.stringify(symbols)],
    }),
  },
  universe: {
    columns: `id serial primary key, universe varchar(100) unique, content jsonb, cache_type varchar(50), created_at timestamptz,
              updated_at timestamptz`,
    place: 'universe',
    content: 'content',
    tickers: `content -> 'symbols'`,
    insert: (place, symbols) => ({
      text: `insert into cache_entries (universe, content, cache_type, updated_at) values ($1, $2, 'theme', '2020-01-02')`,
      values: [place, JSON.stringify({ symbols, count: symbols.length })],
    }),
  },
  symbols: {
    columns: `id serial primary key, cache_key varchar unique, symbols jsonb, universe_category varchar(50), liquidity_filter jsonb,
              universe_metadata jsonb, last_universe_update timestamp`,
    place: 'cache_key',
    content: 'symbols',
    tickers: 'symbols',
    insert: (place, symbols) => ({
      text: `insert into cache_entries (cache_key, symbols, universe_category, last_universe_update) values ($1, $2, 'theme', '2020-01-02')`,
      values: [place, JSON.stringify(symbols)],
    }),
  },
};

export function cacheTableOf(layout: CacheLayout): CacheTableForm {
  const table = CACHE_TABLES[layout.id];
  if (table === undefined) throw new Error(`no table for layout ${layout.id}`);
  return table;
}

/** Puts an empty table of this form in the place of the one there is; nothing is published any more. */
export async function replaceCacheTable(pool: Pool, form: CacheTableForm): Promise<void> {
  await pool.query(`drop table if exists cache_entries;
    create table cache_entries (${form.columns});
    truncate pipeline.universe restart identity cascade`);
}

/** Publishes universes as cache sync does, without the rest of it. */
export async function publish(
  database: Database,
  layout: CacheLayout,
  universes: readonly Universe[],
  at: Date,
): Promise<Awaited<ReturnType<typeof writeProjection>>> {
  return database.transaction(async ({ client }) => publishIn(client, layout, universes, at));
}

export async function publishIn(
  client: PoolClient,
  layout: CacheLayout,
  universes: readonly Universe[],
  at: Date,
): Promise<Awaited<ReturnType<typeof writeProjection>>> {
  const ids = await writeUniverses(client, universes, MONDAY);
  return writeProjection(client, layout, universes, { at, ids });
}

/** A universe of the kind of a curated list, anything about it replaced. */
export function universeOf(parts: Partial<Universe>): Universe {
  return {
    type: 'stock_universe',
    name: 'themes',
    key: 'ai',
    title: 'Artificial Intelligence',
    cacheType: 'theme',
    form: { kind: 'theme' },
    policy: {},
    members: [],
    reasons: { added: 'THEME_LISTED', removed: 'THEME_UNLISTED' },
    whenEmpty: 'hold',
    ...parts,
  };
}
