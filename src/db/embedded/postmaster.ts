import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { locateBinaries } from './binaries.js';
import { embeddedFailure } from './failure.js';
import { launchProcess, runToEnd } from './launch.js';
import { readPidFile } from './pid-file.js';
import type { ClusterLocation } from './cluster-location.js';
import { lastLines, ServerLog } from './server-log.js';
import { serverSettings } from './settings.js';
import type { Settings } from './settings.js';

const POLL_MS = 10;
/** Recovery after a crash replays up to `max_wal_size`, which takes minutes on a slow disk. */
const READY_TIMEOUT_MS = 5 * 60_000;
const FAST_STOP_MS = 10_000;
const START_ATTEMPTS = 6;
const RETRY_MS = 100;
/** Transient failures: the port was taken after it was found, or processes of a server killed a moment before are still ending. */
const PASSING = /could not bind|could not create any TCP\/IP sockets|pre-existing shared memory block/;

/** A server process started here. */
export interface Postmaster {
  readonly port: number;
  /** Stops the process and waits for its exit. Idempotent. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts the server of a cluster on a free loopback port and waits until it accepts connections.
 *
 * Edges: the server does not keep this program running. The thread that calls this must live as long as the server: its end counts as the
 *        end of the program and stops the server.
 * @throws EOD_EMBEDDED with the last lines of the server's log; the signal's reason when aborted
 */
export async function startPostmaster(
  location: ClusterLocation,
  settings: Settings,
  signal?: AbortSignal,
): Promise<Postmaster> {
  const log = new ServerLog(join(location.folder, 'pg18.log'));
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const options = Object.entries(await serverSettings(port, settings)).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    const launch = location.command('postgres', ['-D', location.cluster, ...options]);
    const { result: child, offset } = await log.openFor((descriptor) => launchProcess(launch, descriptor));
    child.unref();
    const stop = toStop(child, log);
    try {
      if (await isReady(child, location.cluster, signal)) return { port, stop };
    } catch (error) {
      await stop();
      throw error;
    }
    await stop();
    const said = await log.readSince(offset);
    if (attempt === START_ATTEMPTS || !PASSING.test(said)) {
      throw embeddedFailure(`The PostgreSQL server of ${location.cluster} did not start`, lastLines(said));
    }
    await sleep(RETRY_MS * attempt, undefined, { signal });
  }
}

/** Sends a running server its signal for a fast (SIGINT) or immediate (SIGQUIT) shutdown. */
export async function signalPostmaster(pid: number, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
  if (process.platform === 'win32') {
    // Windows has no signals, and ending the process would be a crash; `pg_ctl kill` of PostgreSQL sends them.
    const pgCtl = join(locateBinaries(), 'native/bin/pg_ctl');
    await runToEnd({ file: pgCtl, args: ['kill', signal.slice('SIG'.length), String(pid)] });
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** True when the server accepts connections, false when it has ended instead. */
async function isReady(child: ChildProcess, cluster: string, signal?: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!hasEnded(child)) {
    // Read from the file, not by connecting: each refused connection would leave a line in the log.
    const found = await readPidFile(cluster);
    if (found?.pid === child.pid && found?.status === 'ready') return true;
    if (performance.now() > deadline) return false;
    await sleep(POLL_MS, undefined, { signal });
  }
  return false;
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

function toStop(child: ChildProcess, log: ServerLog): () => Promise<void> {
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const { pid } = child;
    if (pid !== undefined && !hasEnded(child)) {
      child.ref();
      await signalPostmaster(pid, 'SIGINT');
      const impatience = setTimeout(() => void signalPostmaster(pid, 'SIGQUIT'), FAST_STOP_MS);
      await ended;
      clearTimeout(impatience);
    }
    log.close();
  };
  return () => (stopping ??= stop());
}

async function findFreePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
