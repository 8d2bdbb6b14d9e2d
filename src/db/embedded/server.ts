import { mkdir, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PipelineError } from '../../core/errors.js';
import { initialiseCluster } from './cluster.js';
import { announceJoiner, DATABASE, hasJoiners, prepareDatabase } from './database.js';
import type { ServerFacts } from './database.js';
import { embeddedFailure } from './failure.js';
import type { IdentityKind } from './identity.js';
import { findRunningServer } from './pid-file.js';
import { clusterIn, findClusterFolder, chooseClusterLocation } from './cluster-location.js';
import { signalPostmaster, startPostmaster } from './postmaster.js';
import { processState } from '../process-state.js';
import { withStartLock } from './start-lock.js';

const POLL_MS = 20;
const JOIN_TIMEOUT_MS = 60_000;
const JOINERS_POLL_MS = 200;

export interface EmbeddedServer {
  /** `postgres://postgres@127.0.0.1:PORT/tickstock` */
  readonly url: string;
  /** Absolute. The requested folder, unless root had to place the cluster elsewhere. */
  readonly dataDir: string;
  readonly port: number;
  /** `initialised`: created a cluster; `started`: found one; `joined`: another live process runs the server. */
  readonly started: 'initialised' | 'started' | 'joined';
  /** Stops the server when no other process uses it; a joined server keeps running. Idempotent. */
  stop(): Promise<void>;
}

export interface EmbeddedServerOptions {
  /** A folder of this product; created when missing. */
  readonly dataDir: string;
  /** Aborts the start, and later the wait of `stop` for joined processes. */
  readonly signal?: AbortSignal;
  /** PostgreSQL settings that override the launcher's tuning. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts the PostgreSQL server that comes with this product, or joins the one that another process runs on the same folder.
 *
 * 1. One start at a time: `start-lock.ts`.
 * 2. A running server is joined: `pid-file.ts`, `database.ts`.
 * 3. Folder, user and programs are chosen: `cluster-location.ts`, `identity.ts`, `binaries.ts`.
 * 4. A missing cluster is initialised: `cluster.ts`.
 * 5. The server is started and a missing database created: `postmaster.ts`, `settings.ts`.
 *
 * Edges: the server ends with the thread that started it, and joined processes lose their connections. `stop` therefore waits for them
 *        without a limit; the end of the thread cannot.
 * @throws EOD_EMBEDDED when it cannot be started, EOD_CANCELLED when aborted
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  return startEmbeddedServerAs(options);
}

/** The same, restricted to some ways of choosing the server's user. */
export async function startEmbeddedServerAs(
  options: EmbeddedServerOptions,
  kinds?: readonly IdentityKind[],
): Promise<EmbeddedServer> {
  const dataDir = resolve(options.dataDir);
  try {
    options.signal?.throwIfAborted();
    await mkdir(dataDir, { recursive: true });
    return await withStartLock(lockIn(dataDir), options.signal, async () => {
      return (await joinServer(dataDir, options.signal)) ?? (await startServer({ ...options, dataDir }, kinds));
    });
  } catch (error) {
    if (options.signal?.aborted === true) {
      throw new PipelineError('EOD_CANCELLED', 'Cancelled while the embedded PostgreSQL was starting', {
        cause: error,
      });
    }
    if (error instanceof PipelineError) throw error;
    throw embeddedFailure(`The embedded PostgreSQL in ${dataDir} could not be started`, String(error), error);
  }
}

async function startServer(
  options: EmbeddedServerOptions,
  kinds: readonly IdentityKind[] | undefined,
): Promise<EmbeddedServer> {
  const { signal, settings = {} } = options;
  const location = await chooseClusterLocation(options.dataDir, kinds);
  const isNew = (await findClusterFolder(options.dataDir)) === undefined;
  if (isNew) await initialiseCluster(location, signal);

  const { port, stop } = await startPostmaster(location, settings, signal);
  try {
    await prepareDatabase(port);
    signal?.throwIfAborted();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...describeServer(location.folder, port),
    started: isNew ? 'initialised' : 'started',
    stop: toPatientStop(stop, options, port),
  };
}

/** Under the start lock: a process that is joining is either visible here, or finds the server stopped. */
function toPatientStop(
  stop: () => Promise<void>,
  { dataDir, signal }: EmbeddedServerOptions,
  port: number,
): () => Promise<void> {
  const stopUnlessUsed = async (): Promise<boolean> => {
    const isUsed = signal?.aborted !== true && (await hasJoiners(port).catch(() => false));
    if (!isUsed) await stop();
    return !isUsed;
  };
  const stopWhenUnused = async (): Promise<void> => {
    try {
      while (!(await withStartLock(lockIn(dataDir), undefined, stopUnlessUsed))) {
        await sleep(JOINERS_POLL_MS, undefined, { signal }).catch(() => undefined);
      }
    } finally {
      // Also when the lock fails, for example because its folder was removed: the server must not be left running.
      await stop();
    }
  };
  let stopping: Promise<void> | undefined;
  return () => (stopping ??= stopWhenUnused());
}

/**
 * The running server of the folder, if there is one. Waits while a server is starting or stopping.
 *
 * Edges: a server whose starter is gone is an orphan (after kill -9 where nothing ties the two together). It is stopped here, because
 *        nothing else would stop it.
 */
async function joinServer(dataDir: string, signal: AbortSignal | undefined): Promise<EmbeddedServer | undefined> {
  const folder = await findClusterFolder(dataDir);
  if (folder === undefined) return undefined;
  const cluster = clusterIn(folder);
  const deadline = performance.now() + JOIN_TIMEOUT_MS;
  for (;;) {
    const running = await findRunningServer(cluster);
    if (running === undefined) return undefined;
    const facts = running.port === undefined ? undefined : await askServer(running.port);
    if (running.port !== undefined && facts !== undefined && (await isSameFolder(facts.cluster, cluster))) {
      if (facts.ownerPid === undefined || processState(facts.ownerPid) === 'alive') {
        return { ...describeServer(folder, running.port), started: 'joined', stop: await announceJoiner(running.port) };
      }
      await signalPostmaster(running.pid, 'SIGINT');
    }
    if (performance.now() > deadline) {
      throw embeddedFailure(`A PostgreSQL server (pid ${running.pid}) holds ${cluster} but does not answer; end it`);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function askServer(port: number): Promise<ServerFacts | undefined> {
  return prepareDatabase(port).catch(() => undefined);
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([realpath(one).catch(() => one), realpath(other).catch(() => other)]);
  return first === second;
}

function lockIn(dataDir: string): string {
  return join(dataDir, 'pg18.lock');
}

function describeServer(dataDir: string, port: number): Pick<EmbeddedServer, 'url' | 'dataDir' | 'port'> {
  return { url: `postgres://postgres@127.0.0.1:${port}/${DATABASE}`, dataDir, port };
}
