import type { Database } from './database.js';
import { READ_OWN_NAMES, READ_WRITTEN_TABLES } from './read-grants.sql.js';

/**
 * The least a user needs to run every phase on a database that is migrated, as SQL. Migrations need an owner: they create a schema and columns.
 *
 * Edges: a run stages rows in temporary tables, analyses what it has written much of where it may, and calls functions of `pipeline`.
 * @param role quoted where its name needs it; default: the user of the connection
 */
export async function listGrants({ pool }: Database, role?: string): Promise<string[]> {
  const tables = await READ_WRITTEN_TABLES.rows(pool, {});
  const names = (await READ_OWN_NAMES.first(pool, {})) ?? { database: '', user: '' };
  const to = role === undefined ? names.user : quote(role);
  const granted = new Map(tables.map(({ table, privileges }) => [table, privileges]));
  return [
    `grant connect, temporary on database ${names.database} to ${to};`,
    `grant usage on schema public, pipeline to ${to};`,
    `grant execute on all functions in schema pipeline to ${to};`,
    `grant usage on all sequences in schema pipeline to ${to};`,
    ...[...granted].map(([table, privileges]) => `grant ${privileges} on ${table} to ${to};`),
    ...tables.flatMap(({ sequence }) => (sequence === null ? [] : [`grant usage on sequence ${sequence} to ${to};`])),
  ];
}

/** As `quote_ident` does, for a name that may not exist yet. */
function quote(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}
