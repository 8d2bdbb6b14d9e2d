import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedServer } from '../../src/db/embedded/server.js';

/** A server for measurements, with databases `bench_*`. */
export interface BenchServer {
  /** `PostgreSQL 18.4, embedded` */
  readonly name: string;
  urlOf(database: string): string;
  /** Creates a database, as a copy of `template` if given. An existing one of that name is dropped. */
  create(database: string, template?: string): Promise<string>;
  drop(database: string): Promise<void>;
  close(): Promise<void>;
}

/** The embedded server in a temporary folder, or the one at `url`. */
export async function openServer(url: string | undefined): Promise<BenchServer> {
  if (url !== undefined) return connectServer(url, 'own server', () => Promise.resolve());
  const folder = await mkdtemp(join(tmpdir(), 'tickstock-bench-'));
  const server = await startEmbeddedServer({ dataDir: folder });
  return connectServer(server.url, 'embedded server', async () => {
    await server.stop();
    await rm(server.dataDir, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });
}

async function connectServer(url: string, kind: string, stop: () => Promise<void>): Promise<BenchServer> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const { rows } = await admin.query<{ version: string }>(
    `select split_part(current_setting('server_version'), ' ', 1) as version`,
  );
  const made = new Set<string>();
  const drop = async (database: string): Promise<void> => {
    made.delete(database);
    await admin.query(`drop database if exists ${pg.escapeIdentifier(database)} with (force)`);
  };
  const urlOf = (database: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  return {
    name: `PostgreSQL ${rows[0]?.version}, ${kind}`,
    urlOf,
    drop,
    async create(database, template = 'template0') {
      await drop(database);
      // Copied as files: through the WAL, a copy of half a gigabyte would leave its checkpoint to the next measurement.
      await admin.query(
        `create database ${pg.escapeIdentifier(database)} template ${pg.escapeIdentifier(template)} strategy file_copy`,
      );
      made.add(database);
      return urlOf(database);
    },
    async close() {
      for (const database of made) await drop(database);
      await admin.end();
      await stop();
    },
  };
}
