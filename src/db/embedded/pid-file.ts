import { open, readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { processState } from '../process-state.js';

/** Content of `postmaster.pid`. Source: src/include/utils/pidfile.h of PostgreSQL. */
export interface PidFile {
  readonly pid: number;
  /** Undefined until the server listens. */
  readonly port: number | undefined;
  /** `starting`, `ready`, `stopping`; empty until the server has written it. */
  readonly status: string;
}

const PID_LINE = 0;
const PORT_LINE = 3;
const STATUS_LINE = 7;

export async function readPidFile(cluster: string): Promise<PidFile | undefined> {
  const text = await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[PID_LINE]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[PORT_LINE]) || undefined, status: lines[STATUS_LINE] ?? '' };
}

/**
 * The pid file of a server that is running now; undefined when there is none.
 *
 * Edges: PostgreSQL itself clears a file left by a crash. Only where its pid belongs to a zombie or to an unrelated process, as happens in
 *        containers and after a power failure, would PostgreSQL refuse to start forever; then the file is marked as stale.
 */
export async function findRunningServer(cluster: string): Promise<PidFile | undefined> {
  const found = await readPidFile(cluster);
  const state = found === undefined ? 'gone' : processState(found.pid);
  if (found === undefined || state === 'gone') return undefined;
  if (state === 'alive' && !isOfAnotherUser(found.pid) && !(await isElsewhere(found.pid, cluster))) return found;
  // Between the checks a server may have ended and its pid may have been reused: only the file that was checked is changed.
  if ((await readPidFile(cluster))?.pid === found.pid) await markStale(cluster);
  return undefined;
}

/**
 * Whether a process is certainly not the server, because an ordinary user starts it as itself: after a power failure its pid may belong to anyone.
 * Root starts it as another user, whom it may be forbidden to signal.
 */
function isOfAnotherUser(pid: number): boolean {
  if (process.getuid?.() === 0) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether a process is certainly not the server: the working directory of a server is its cluster. */
async function isElsewhere(pid: number, cluster: string): Promise<boolean> {
  const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return workingDirectory !== undefined && workingDirectory !== (await realpath(cluster));
}

/**
 * Replaces the pid by that of this process, the parent of the server to be started: PostgreSQL treats that as a leftover (see
 * CreateLockFile in its miscinit.c). Removing the file would lose the line that makes it wait for processes of the old server.
 */
async function markStale(cluster: string): Promise<void> {
  const file = await open(join(cluster, 'postmaster.pid'), 'r+');
  try {
    const lines = (await file.readFile('utf8')).split('\n');
    const content = Buffer.from([String(process.pid), ...lines.slice(1)].join('\n'));
    // Overwritten, then truncated: an empty file would be a permanent error.
    await file.write(content, 0, content.length, 0);
    await file.truncate(content.length);
  } finally {
    await file.close();
  }
}
