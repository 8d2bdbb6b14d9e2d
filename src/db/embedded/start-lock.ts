import { constants } from 'node:fs';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processState } from '../process-state.js';

const HEARTBEAT_MS = 1000;
/** Long compared with the heartbeat: a lock is taken over only when its holder is certainly not running. */
const SILENT_MS = 10_000;
const POLL_MS = 20;
const RELEASED = ' released';

/**
 * Runs `work` while no other process does so with the same path: one start of a server at a time.
 *
 * The lock is the file `PATH.N` with the highest N. It contains the pid of its holder, which touches it every second, and after it a mark when
 * it is released. Who finds it released or stale creates N + 1, which only one process can. The highest file stays, so that a number is never
 * used twice: a stale file that were removed instead could by then be the file of the process that took over. A lock is stale when its process
 * is gone, or when the file was not touched during 10 s of observation: in a container the same small pid is soon reused.
 * @throws the reason of the abort signal, while waiting
 */
export async function withStartLock<Result>(
  path: string,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const file = await acquire(path, signal);
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await release(file);
  }
}

async function acquire(path: string, signal: AbortSignal | undefined): Promise<string> {
  let watched = { state: '', since: performance.now() };
  for (;;) {
    const numbers = await numbersOf(path);
    const highest = Math.max(0, ...numbers);
    const state = `${highest} ${await describe(`${path}.${highest}`)}`;
    if (state !== watched.state) watched = { state, since: performance.now() };

    const isSilent = performance.now() - watched.since > SILENT_MS;
    if (highest === 0 || isSilent || (await isOver(`${path}.${highest}`))) {
      const file = `${path}.${highest + 1}`;
      if (await create(file)) {
        // The number may have been used and removed since the folder was read; a higher one is left of it then.
        if (Math.max(...(await numbersOf(path))) === highest + 1) {
          for (const number of numbers) await rm(`${path}.${number}`, { force: true });
          return file;
        }
        await rm(file, { force: true });
      }
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}

async function release(file: string): Promise<void> {
  try {
    // Creates no file: after 10 s of silence another process has taken over and removed it.
    await writeFile(file, RELEASED, { flag: constants.O_WRONLY | constants.O_APPEND });
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function numbersOf(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  return (await readdir(dirname(path))).flatMap((name) => {
    const number = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    return /^[1-9]\d*$/.test(number) ? [Number(number)] : [];
  });
}

async function describe(file: string): Promise<string> {
  return stat(file).then(
    ({ mtimeMs }) => String(mtimeMs),
    () => 'none',
  );
}

/** An empty file has just been created; a missing one has just been replaced by a higher number. */
async function isOver(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.endsWith(RELEASED) || (text !== '' && processState(Number(text)) !== 'alive');
}

async function create(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
