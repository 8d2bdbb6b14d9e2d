import type { Pool } from 'pg';
import { maskPassword } from './config/mask.js';
import type { Config } from './config/schema/index.js';
import { PipelineError } from './core/errors.js';
import { Database } from './db/database.js';
import { findClusterFolder } from './db/embedded/cluster-location.js';
import { startEmbeddedServer } from './db/embedded/server.js';
import type { DataStorage } from './orchestrator/pipeline-parts.js';

/** Connections for the run lock, the running phase, a cancel request and the relay; a smaller pool would deadlock. */
const MIN_POOL_SIZE = 4;

/** A database, where its data is, and how to close what was opened for it. */
export interface OpenedDatabase {
  readonly database: Database;
  readonly storage: DataStorage;
  readonly dispose: () => Promise<void>;
}

/**
 * The host's pool if there is one, else the configured server, else the embedded one.
 * @throws EOD_CONFIG_INVALID when the pool is too small; EOD_EMBEDDED; EOD_DB_MISSING with `mustExist`, which creates no embedded database
 */
export async function openDatabase(
  config: Config,
  options: {
    readonly database?: Pool | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly mustExist?: boolean;
  },
): Promise<OpenedDatabase> {
  if (options.database) {
    assertPoolSize(options.database);
    const storage: DataStorage = { kind: 'host', location: "the host's database", url: null };
    return { database: Database.adopt(options.database), storage, dispose: () => Promise.resolve() };
  }
  const { url, dataDir, poolSize, connectTimeoutMs } = config.database;
  if (url !== undefined) {
    const database = Database.connect({ url, poolSize, connectTimeoutMs });
    const shown = maskPassword(url);
    return { database, storage: { kind: 'server', location: shown, url: shown }, dispose: () => database.close() };
  }
  if (options.mustExist && (await findClusterFolder(dataDir)) === undefined) throw missingDatabase(dataDir);
  const server = await startEmbeddedServer({ dataDir, ...(options.signal && { signal: options.signal }) });
  const database = Database.connect({ url: server.url, poolSize, connectTimeoutMs });
  const dispose = async (): Promise<void> => {
    await database.close();
    await server.stop();
  };
  return { database, storage: { kind: 'embedded', location: server.dataDir, url: server.url }, dispose };
}

function missingDatabase(dataDir: string): PipelineError {
  return new PipelineError('EOD_DB_MISSING', `there is no database in ${dataDir} yet`, {
    hint: '`tickstock start` tries it out; `tickstock run --source screener --dir PATH` imports your data; or name another one: --data-dir PATH or DATABASE_URL',
    context: { dataDir },
  });
}

function assertPoolSize({ options: { max } }: Pool): void {
  if (max >= MIN_POOL_SIZE) return;
  throw new PipelineError('EOD_CONFIG_INVALID', `the pool has max ${max}; a run needs ${MIN_POOL_SIZE} connections`, {
    hint: `create it with max: ${MIN_POOL_SIZE} or more, plus the connections the host itself uses`,
  });
}
