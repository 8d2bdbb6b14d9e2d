import type { Database } from '../../../../src/db/database.js';

/** A row of `cache_entries`, and the version PostgreSQL gave it when it was last written. */
export interface CacheRow {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly key: string;
  readonly environment: string;
  readonly value: unknown;
  readonly updatedAt: Date;
  readonly version: string;
}

/** Every row of `cache_entries` by `type/name/key`; a row that is there twice shows its newest. */
export async function readCacheRows(database: Database): Promise<Map<string, CacheRow>> {
  const { rows } = await database.pool.query<CacheRow>(
    `select id, type, name, key, environment, value, updated_at as "updatedAt", xmin::text as version
     from cache_entries where environment = 'DEFAULT' order by id`,
  );
  return new Map(rows.map((row) => [`${row.type}/${row.name}/${row.key}`, row]));
}

/** Places whose rows were written, added or deleted between two readings. */
export function listWritten(before: ReadonlyMap<string, CacheRow>, after: ReadonlyMap<string, CacheRow>): string[] {
  const places = new Set([...before.keys(), ...after.keys()]);
  return [...places].filter((place) => before.get(place)?.version !== after.get(place)?.version).toSorted();
}

/** Open members of a universe, symbol ascending. */
export async function readMembers(database: Database, key: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ symbol: string }>(
    `select m.symbol from pipeline.membership m join pipeline.universe u on u.id = m.universe_id
     where u.key = $1 and u.name <> 'complete' and m.valid_to is null and m.known_to is null order by 1`,
    [key],
  );
  return rows.map((row) => row.symbol);
}

/** Who belonged on a session, as believed at a time; by the database's own function. */
export async function readMembersAsOf(
  database: Database,
  key: string,
  asOf: string,
  knownAt: Date | 'infinity' = 'infinity',
): Promise<string[]> {
  const { rows } = await database.pool.query<{ symbol: string }>(
    `select symbol from pipeline.universe u, pipeline.members(u.id, $2, $3) as symbol
     where u.key = $1 and u.name <> 'complete' order by 1`,
    [key, asOf, knownAt],
  );
  return rows.map((row) => row.symbol);
}

/** The audit of a universe as `symbol action reason session`, in order; what is not believed any more says so. */
export async function readChanges(database: Database, key: string): Promise<string[]> {
  const { rows } = await database.pool.query<{ text: string }>(
    `select concat_ws(' ', c.symbol, c.action, c.reason, c.session,
                      case when c.superseded_at is not null then 'superseded' end) as text
     from pipeline.membership_change c join pipeline.universe u on u.id = c.universe_id
     where u.key = $1 and u.name <> 'complete' order by c.id`,
    [key],
  );
  return rows.map((row) => row.text);
}

/** Open holds as `session key`. */
export async function readOpenHolds(database: Database): Promise<string[]> {
  const { rows } = await database.pool.query<{ text: string }>(
    `select h.session || ' ' || u.key as text from pipeline.hold h join pipeline.universe u on u.id = h.universe_id
     where h.state = 'open' order by 1`,
  );
  return rows.map((row) => row.text);
}

const DATA_TABLES = [
  'valuation',
  'universe',
  'selection',
  'membership',
  'membership_change',
  'projection',
  'hold',
  'slot',
];

/** What a sync says of the data; every run also tells of itself, whether it changes anything or not. */
const DATA_EVENTS = ['universe_updated', 'ipo_assigned', 'delisting_cleanup'];

/** Every row of the pipeline's data tables with its version: two readings are equal when nothing at all was written between them. */
export async function readVersions(database: Database): Promise<Record<string, string[]>> {
  const versions: Record<string, string[]> = {};
  for (const table of DATA_TABLES) {
    const { rows } = await database.pool.query<{ version: string }>(
      `select ctid || ' ' || xmin as version from pipeline.${table} order by ctid`,
    );
    versions[table] = rows.map((row) => row.version);
  }
  const { rows: events } = await database.pool.query<{ id: string }>(
    `select event_id as id from pipeline.outbox where body ->> 'event' = any ($1) order by commit_seq`,
    [DATA_EVENTS],
  );
  versions['outbox'] = events.map((row) => row.id);
  return versions;
}

/** All that a market and its syncs leave, in an order that no reference forbids. */
const TABLES = [
  'symbols',
  'ohlcv_daily',
  'cache_entries',
  'pipeline.projection',
  'pipeline.membership_change',
  'pipeline.membership',
  'pipeline.hold',
  'pipeline.selection',
  'pipeline.universe',
  'pipeline.security_ticker',
  'pipeline.security',
  'pipeline.exception',
  'pipeline.corporate_action',
  'pipeline.price_scan',
  'pipeline.valuation',
  'pipeline.source_quote',
  'pipeline.symbol_fact',
  'pipeline.symbol_event',
  'pipeline.session_stats',
  'pipeline.fact_horizon',
  'pipeline.phase_run',
  'pipeline.run',
];

/** Leaves nothing of one property run to the next: what stayed of a symbol would decide about the same symbol again. */
export async function empty(database: Database): Promise<void> {
  for (const table of TABLES) await database.pool.query(`delete from ${table}`);
}
