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
  /** Runs a statement after those before it, on a connection that lasts for the whole run. */
  readonly create: (statement: string) => Promise<unknown>;
  stop(): Promise<void>;
}

let server: Promise<TestServer> | undefined;
/** The next test's database, made while this one's is in use: to wait for it takes as long as a short test. */
let spare: Promise<string> | undefined;
/** Databases are dropped while the next tests run; the end of the run waits for the last. */
let dropped: Promise<unknown> = Promise.resolve();

/** A migrated database, cloned from a template. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { template, url } = await testServer();
  const clone = (): Promise<string> => createFrom(`template "${template}" strategy file_copy`);
  const name = await (spare ?? clone());
  spare = clone();
  // Whoever asks for it next hears of a failure.
  spare.catch(() => undefined);
  return open(url, name);
}

/** A database with nothing in it, for tests of the migrations. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const { url } = await testServer();
  return open(url, await createFrom('template template0'));
}

async function createFrom(clause: string): Promise<string> {
  const { create } = await testServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await create(`create database ${name} ${clause}`);
  return name;
}

function open(serverUrl: string, name: string): TestDatabase {
  const url = toDatabaseUrl(serverUrl, name);
  const database = connect(url);
  return {
    database,
    url,
    drop: async () => {
      await database.close();
      dropped = dropped.then(() => drop(serverUrl, name));
    },
  };
}

/**
 * A pool that has ended may still be closing its sockets: `pg.Pool.end` does not wait for them, and a socket that is cut by the drop instead
 * makes its pool throw. Connections that a test leaves open are given up on.
 */
async function drop(serverUrl: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    for (let look = 0; look < 50; look += 1) {
      const { rowCount } = await client.query('select from pg_stat_activity where datname = $1', [name]);
      if (rowCount === 0) break;
      await setTimeout(20);
    }
    await client.query(`drop database if exists ${name} with (force)`);
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
  const creator = new pg.Client({ connectionString: url });
  await creator.connect();
  const template = `test_template_${randomBytes(6).toString('hex')}`;
  await creator.query(`create database ${template} template template0`);
  const database = connect(toDatabaseUrl(url, template));
  await migrate(database);
  await database.close();
  return {
    url,
    template,
    create: (statement) => creator.query(statement),
    stop: async () => {
      await dropped;
      const unused = await spare?.catch(() => undefined);
      for (const name of [unused, template]) if (name !== undefined) await drop(url, name);
      await creator.end();
      await stop();
    },
  };
}

/** What survives a crash is of no use to a test. */
const FAST = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

async function startEmbedded(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tickstock-test-'));
  const embedded = await startEmbeddedServer({ dataDir, settings: FAST });
  const stop = async (): Promise<void> => {
    await embedded.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { url: embedded.url, stop };
}

function connect(url: string): Database {
  return Database.connect({ url, poolSize: 6, connectTimeoutMs: 5000 });
}

function toDatabaseUrl(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
