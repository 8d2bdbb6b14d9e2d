import { sql } from 'kysely';
import { LIST_CHANGED_TABLES } from './analyze-changed.sql.js';
import type { Database } from './database.js';

/**
 * Analyzes the tables of which much has changed, so that who reads next gets good plans.
 *
 * Edges: a table of another owner is left out by the server, with a warning in its log.
 */
export async function analyzeChanged({ pool, db }: Database): Promise<void> {
  for (const { table } of await LIST_CHANGED_TABLES.rows(pool, {})) await sql`analyze ${sql.raw(table)}`.execute(db);
}
