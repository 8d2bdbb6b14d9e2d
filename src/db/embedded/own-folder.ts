import { chmod, lstat, mkdir } from 'node:fs/promises';
import { embeddedFailure } from './failure.js';

/**
 * Checks that a folder in a world-writable place is our own: programs are run from it, or data is kept in it.
 * @returns the same path
 * @throws EOD_EMBEDDED when it is a link, belongs to another user, or is writable by others
 */
async function assertOwnFolder(path: string): Promise<string> {
  const found = await lstat(path);
  const isOurs = found.uid === (process.getuid?.() ?? found.uid);
  // Windows reports every folder as writable by all.
  const isClosed = process.platform === 'win32' || (found.mode & 0o022) === 0;
  if (found.isDirectory() && isOurs && isClosed) return path;
  const mode = (found.mode & 0o777).toString(8);
  throw embeddedFailure(`${path} belongs to another user (uid ${found.uid}, mode ${mode}) and is not used; remove it`);
}

/**
 * Prepares a folder to hold a cluster.
 * @param options.create creates it, or checks that an existing one is our own
 * @param options.passable lets every user pass through it, regardless of the umask; the cluster inside stays closed
 * @returns the reason why it cannot be used, undefined when it can
 * @throws EOD_EMBEDDED when another user prepared a folder of that name
 */
export async function openFolder(
  path: string,
  options: { readonly create: boolean; readonly passable: boolean },
): Promise<string | undefined> {
  try {
    if (options.create) {
      await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
      await assertOwnFolder(path);
    }
    const { mode } = await lstat(path);
    if (options.passable && (mode & 0o011) !== 0o011) await chmod(path, (mode & 0o777) | 0o011);
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return error.message;
    throw error;
  }
}
