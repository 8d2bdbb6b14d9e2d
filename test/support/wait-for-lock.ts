import type { Database } from '../../src/db/database.js';

/** Resolves when a statement in this database waits for a lock. */
export async function waitForLock({ pool }: Database): Promise<void> {
  const statement = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await pool.query(statement)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
