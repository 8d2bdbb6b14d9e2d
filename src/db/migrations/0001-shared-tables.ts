import type { Kysely } from 'kysely';
import { adoptSharedTables, readColumns } from '../adopt.js';
import { KEYED_CACHE_ENTRIES, SHARED_TABLES } from '../shared-tables.js';

export async function up(db: Kysely<unknown>): Promise<void> {
  // A cache_entries of another layout is for its layout's adapter to judge; only the keyed one is created or completed here.
  const existing = await readColumns(db, [KEYED_CACHE_ENTRIES.name]);
  const keyed = existing.length === 0 || existing.some((entry) => entry.column === 'key' || entry.column === 'type');
  await adoptSharedTables(db, keyed ? [...SHARED_TABLES, KEYED_CACHE_ENTRIES] : SHARED_TABLES);
}
