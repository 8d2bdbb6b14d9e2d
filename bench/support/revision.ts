import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runProgram } from './programs.js';

/** Another revision of this repository in a temporary folder, with its packages installed. */
export interface Revision {
  /** Abbreviated hash. */
  readonly name: string;
  readonly folder: string;
  remove(): void;
}

/**
 * Uses the packages of this checkout when the lock files are equal, which saves the installation and measures the same packages.
 * @throws when Git does not know the revision, or npm cannot install
 */
export function checkoutRevision(rev: string): Revision {
  const name = git('rev-parse', '--short', '--verify', `${rev}^{commit}`).trim();
  const parent = mkdtempSync(join(tmpdir(), 'tickstock-bench-rev-'));
  const remove = (): void => rmSync(parent, { recursive: true, force: true });
  try {
    const [archive, folder] = [join(parent, 'archive.tar'), join(parent, name)];
    mkdirSync(folder);
    git('archive', '--format=tar', '-o', archive, name);
    runProgram('tar', ['-xf', archive, '-C', folder]);
    installPackages(folder);
    return { name, folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function installPackages(folder: string): void {
  const readLock = (root: string): string => readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (readLock(folder) === readLock(ROOT)) symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  else runProgram('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
}

function git(...args: string[]): string {
  return runProgram('git', args).stdout;
}
