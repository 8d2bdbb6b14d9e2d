import type { Database } from '../../src/db/database.js';

/** Longer than any test may take: a statement that waits for so long ends only when it is cancelled. */
export const ENDLESS = 'select pg_sleep(3600)';

/** Statements that begin like this and are at work now, in this database. */
export async function countStatements({ pool }: Database, beginning: string): Promise<number> {
  const { rowCount } = await pool.query(
    `select from pg_stat_activity
     where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and starts_with(ltrim(query), $1)`,
    [beginning],
  );
  return rowCount ?? 0;
}

/** Resolves when such a statement is at work. */
export async function waitForStatement(database: Database, beginning: string): Promise<void> {
  while ((await countStatements(database, beginning)) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}
