import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { processState } from '../process-state.js';

const HEARTBEAT_MS = 1000;
/** Long compared with the heartbeat: a lock is broken only when its holder is certainly not running. */
const SILENT_MS = 10_000;
const POLL_MS = 20;

/**
 * Runs `work` while no other process does so with the same file: one start of a server at a time.
 *
 * The file contains the pid of the holder and is touched every second. A lock is stale when that process is gone, or when the file was not
 * touched during 10 s of observation: in a container the same small pid is soon reused.
 * @throws the reason of the abort signal, while waiting
 */
export async function withStartLock<Result>(
  file: string,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const token = `${process.pid} ${randomUUID()}`;
  await acquire(file, token, signal);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await read(file)) === token) await rm(file, { force: true });
  }
}

async function acquire(file: string, token: string, signal: AbortSignal | undefined): Promise<void> {
  let watched = { state: '', since: performance.now() };
  while (!(await create(file, token))) {
    const holder = await read(file);
    const touched = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    const state = `${holder} ${touched}`;
    if (state !== watched.state) watched = { state, since: performance.now() };
    const isSilent = performance.now() - watched.since > SILENT_MS;
    if (
      holder !== undefined &&
      (isSilent || (holder !== '' && processState(Number(holder.split(' ')[0])) !== 'alive'))
    ) {
      await discard(file, holder);
    } else {
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}

async function create(file: string, token: string): Promise<boolean> {
  try {
    await writeFile(file, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** Moved aside before it is removed: if another process replaced it in the meantime, the moved file is a live lock and is moved back. */
async function discard(file: string, stale: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => undefined);
  const moved = await read(aside);
  if (moved !== undefined && moved !== stale) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function read(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
