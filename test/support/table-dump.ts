import type { Database } from '../../src/db/database.js';

/** Runs themselves and what they announce: they differ from run to run whatever is published. */
const RUN_TABLES = new Set(['run', 'phase_run', 'lease', 'outbox', 'slot', 'schedule', 'duty', 'fact_horizon']);

/** Columns that say which run wrote a row, when, or where it lies; `hold.id` and the like are only handed out in order. */
const RUN_COLUMNS = [
  'id',
  'run_id',
  'run_in',
  'run_out',
  'known_from',
  'known_to',
  'known_at',
  'scanned_at',
  'superseded_at',
  'created_at',
  'decided_at',
  'lifted_at',
  'updated_at',
  'last_updated',
  'last_updated_utc',
  'row_version',
  // A retirement that was taken back and found again is of the session that found it; the first one is not stored.
  'retired_session',
];

/**
 * Every row of every table that cache sync reads or writes, without run ids and clock times.
 *
 * Shape: table → its rows as JSON text, sorted. Of a time only whether there is one is kept: `known_to` of what is not believed any more.
 */
export async function dumpTables(database: Database): Promise<Record<string, string[]>> {
  const { rows: tables } = await database.pool.query<{ schema: string; name: string }>(
    `select schemaname as schema, tablename as name from pg_tables
     where schemaname = 'pipeline' or (schemaname = 'public' and tablename in ('symbols', 'ohlcv_daily', 'cache_entries'))
     order by 1, 2`,
  );
  const dump: Record<string, string[]> = {};
  for (const { schema, name } of tables) {
    if (schema === 'pipeline' && (RUN_TABLES.has(name) || name.startsWith('kysely') || name.includes('migration')))
      continue;
    const { rows } = await database.pool.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from "${schema}"."${name}" t`,
    );
    dump[`${schema}.${name}`] = rows.map(({ row }) => JSON.stringify(withoutRun(row))).toSorted();
  }
  return dump;
}

function withoutRun(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (!RUN_COLUMNS.includes(column)) return [column, value];
      return [column, /_to$|^superseded_at$|^lifted_at$|^retired_session$/.test(column) ? value !== null : '*'];
    }),
  );
}
