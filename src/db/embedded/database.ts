import { Client } from 'pg';
import { FIND_JOINERS, IDENTIFY_SERVER } from './identify-server.sql.js';
import { OWNER_SETTING } from './settings.js';

export const DATABASE = 'tickstock';

/** Begins the name of the connection that a process keeps open for as long as it uses a server of another; its pid follows. */
const JOINER = 'tickstock-joined';

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
  const client = await connect(port);
  try {
    const found = await IDENTIFY_SERVER.first(client, { ownerSetting: OWNER_SETTING, database: DATABASE });
    if (found === undefined) throw new Error('the server gave no answer');
    if (!found.exists) await client.query(`create database ${DATABASE}`);
    return { cluster: found.cluster, ownerPid: found.owner ? Number(found.owner) : undefined };
  } finally {
    await client.end();
  }
}

/** Registers this process with the one that runs the server; returns what ends that. It does not keep this program running. */
export async function announceJoiner(port: number): Promise<() => Promise<void>> {
  const client = await connect(port, `${JOINER} ${process.pid}`);
  client.unref();
  return async () => {
    client.ref();
    await client.end();
  };
}

/** Whether another process has announced itself. One of this program's own parts that joined another ends with it anyway. */
export async function hasJoiners(port: number): Promise<boolean> {
  const client = await connect(port);
  try {
    const joiners = await FIND_JOINERS.rows(client, { prefix: JOINER, own: `${JOINER} ${process.pid}` });
    return joiners.length > 0;
  } finally {
    await client.end();
  }
}

/** The client can do both; its types do not say so. */
type Connection = Client & { ref(): void; unref(): void };

async function connect(port: number, name = 'tickstock-embedded'): Promise<Connection> {
  // All given, because the client fills gaps from PG* variables.
  const address = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres', ssl: false, options: '' };
  const client = new Client({ ...address, application_name: name, connectionTimeoutMillis: 5000 }) as Connection;
  // A server that goes away while idle would otherwise end this program.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
