import { Client } from 'pg';
import { OWNER_SETTING } from './settings.js';

export const DATABASE = 'tickstock';

/** What a running server says of itself. */
export interface ServerFacts {
  /** As the server was started with, absolute; symbolic links not resolved. */
  readonly cluster: string;
  /** The process that started it; undefined for a server of another making. */
  readonly ownerPid: number | undefined;
}

/**
 * Asks the server on a loopback port who it is, and creates the database `tickstock` where it is missing.
 * @throws what the pg client throws: refused, still starting, shutting down
 */
export async function prepareDatabase(port: number): Promise<ServerFacts> {
  // All given, because the client fills gaps from PG* variables.
  const address = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres', ssl: false, options: '' };
  const client = new Client({ ...address, connectionTimeoutMillis: 5000 });
  // A server that goes away while idle would otherwise end this program.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ cluster: string; owner: string | null; exists: boolean }>(
      `select current_setting('data_directory') as cluster,
              current_setting($1, true) as owner,
              exists (select from pg_database where datname = $2) as exists`,
      [OWNER_SETTING, DATABASE],
    );
    const found = rows[0];
    if (found === undefined) throw new Error('the server gave no answer');
    if (!found.exists) await client.query(`create database ${DATABASE}`);
    return { cluster: found.cluster, ownerPid: found.owner ? Number(found.owner) : undefined };
  } finally {
    await client.end();
  }
}
