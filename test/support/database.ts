import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { Database } from '../../src/db/database.js';
import { startEmbeddedServer } from '../../src/db/embedded/server.js';
import { migrate } from '../../src/db/migrate.js';
import { atEnd } from './at-end.js';

/** A database of a test's own on a real server: DATABASE_URL's where that is set, otherwise one embedded server for the whole run. */
export interface TestDatabase {
  readonly database: Database;
  readonly url: string;
  drop(): Promise<void>;
}

interface TestServer {
  readonly url: string;
  readonly template: string;
  stop(): Promise<void>;
}

let server: Promise<TestServer> | undefined;

/** A migrated database, cloned from a template in some 30 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { template } = await testServer();
  return createFrom(`template "${template}"`);
}

/** A database with nothing in it, for tests of the migrations. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createFrom('template template0');
}

async function createFrom(clause: string): Promise<TestDatabase> {
  const { url: serverUrl } = await testServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administrate(serverUrl, `create database ${name} ${clause}`);
  const url = toDatabaseUrl(serverUrl, name);
  const database = connect(url);
  return {
    database,
    url,
    drop: async () => {
      await database.close();
      await waitUntilAlone(serverUrl, name);
      await administrate(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

/**
 * A pool that has ended may still be closing its sockets: \`pg.Pool.end\` does not wait for them, and a socket that is cut by the drop below instead
 * makes its pool throw. Connections that a test leaves open are given up on.
 */
async function waitUntilAlone(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    for (let look = 0; look < 50; look += 1) {
      const { rowCount } = await client.query('select from pg_stat_activity where datname = $1', [name]);
      if (rowCount === 0) return;
      await setTimeout(20);
    }
  } finally {
    await client.end();
  }
}

async function testServer(): Promise<TestServer> {
  if (server === undefined) {
    server = startServer();
    atEnd(async () => (await server)?.stop());
  }
  return server;
}

async function startServer(): Promise<TestServer> {
  const given = process.env['DATABASE_URL'];
  const { url, stop } = given ? { url: given, stop: () => Promise.resolve() } : await startEmbedded();
  const template = `test_template_${randomBytes(6).toString('hex')}`;
  await administrate(url, `create database ${template} template template0`);
  const database = connect(toDatabaseUrl(url, template));
  await migrate(database);
  await database.close();
  return {
    url,
    template,
    stop: async () => {
      await administrate(url, `drop database if exists ${template} with (force)`);
      await stop();
    },
  };
}

async function startEmbedded(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tickstock-test-'));
  const embedded = await startEmbeddedServer({ dataDir, settings: { fsync: 'off' } });
  const stop = async (): Promise<void> => {
    await embedded.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { url: embedded.url, stop };
}

async function administrate(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function connect(url: string): Database {
  return Database.connect({ url, poolSize: 6, connectTimeoutMs: 5000 });
}

function toDatabaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
