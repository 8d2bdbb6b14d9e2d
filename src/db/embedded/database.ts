import { Client } from 'pg';
import { FIND_JOINERS, IDENTIFY_SERVER } from './identify-server.sql.js';
import { OWNER_SETTING } from './settings.js';

export const DATABASE = 'tickstock';

/** Prefix of the application name of the connection that a process holds open while it uses a server started by another process; its pid follows. */
const JOINER = 'tickstock-joined';

/** What a running server reports about itself. */
export interface ServerFacts {
  /** Data directory as passed at the start, absolute; symbolic links not resolved. */
  readonly cluster: string;
  /** The process that started the server; undefined when it was not started by this product. */
  readonly ownerPid: number | undefined;
}

/**
 * Asks the server on a loopback port for its identity, and creates the database `tickstock` if it is missing.
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

/**
 * Registers this process as a user of a server started by another process; returns the function that ends this. It does not keep this
 * program running.
 */
export async function announceJoiner(port: number): Promise<() => Promise<void>> {
  const client = await connect(port, `${JOINER} ${process.pid}`);
  client.unref();
  return async () => {
    client.ref();
    await client.end();
  };
}

/** Whether another process is registered. Joins within this program do not count: they end with it. */
export async function hasJoiners(port: number): Promise<boolean> {
  const client = await connect(port);
  try {
    const joiners = await FIND_JOINERS.rows(client, { prefix: JOINER, own: `${JOINER} ${process.pid}` });
    return joiners.length > 0;
  } finally {
    await client.end();
  }
}

/** The client supports both; its types omit it. */
type Connection = Client & { ref(): void; unref(): void };

async function connect(port: number, name = 'tickstock-embedded'): Promise<Connection> {
  // All are given, because the client fills gaps from PG* variables.
  const address = { host: '127.0.0.1', port, user: 'postgres', database: 'postgres', ssl: false, options: '' };
  const client = new Client({ ...address, application_name: name, connectionTimeoutMillis: 5000 }) as Connection;
  // Without a listener, a server that stops while the connection is idle would end this program.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
