import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { atEnd } from './at-end.js';
import { runProcess } from './run-process.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** What a clean clone has not, or what packing has no use for. */
const NOT_COPIED = new Set(['node_modules', 'dist', '.git', '.tickstock']);

/** A project with the product, installed from its tarball, beside the oldest packages of a host that it works with. */
export interface PackedProject {
  readonly folder: string;
  /** The tarball's, without the leading `package/`. */
  readonly files: readonly string[];
}

let project: Promise<PackedProject> | undefined;

/** Packed and installed once for all tests of a run: a clean copy of the sources is built, packed, and the tarball installed from the registry. */
export async function packedProject(): Promise<PackedProject> {
  project ??= installPacked();
  return project;
}

/** The project's own compiler. */
export const TSC = fileURLToPath(import.meta.resolve('typescript/package.json').replace(/package\.json$/, 'bin/tsc'));

async function installPacked(): Promise<PackedProject> {
  /** Holds the copy, the tarball and the project. */
  const parent = await mkdtemp(join(tmpdir(), 'tickstock-packed-'));
  atEnd(() => rm(parent, { recursive: true, force: true }));
  const [copy, folder] = [join(parent, 'copy'), join(parent, 'project')];
  await copySources(copy);
  // What the build says must not stand before the JSON.
  const result = await npm(copy, 'pack', '--json', '--foreground-scripts=false', '--pack-destination', parent);
  const [packed] = JSON.parse(result) as [PackResult];
  await mkdir(folder);
  const { peerDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
    peerDependencies: Readonly<Record<string, string>>;
  };
  const dependencies = Object.fromEntries(
    Object.entries(peerDependencies).map(([name, range]) => [name, /\d+\.\d+\.\d+/.exec(range)?.[0]]),
  );
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }));
  await npm(folder, 'install', '--no-audit', '--no-fund', '--prefer-offline', join(parent, packed.filename));
  return { folder, files: packed.files.map((file) => file.path) };
}

interface PackResult {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

async function copySources(copy: string): Promise<void> {
  await mkdir(copy);
  for (const name of await readdir(ROOT)) {
    if (!NOT_COPIED.has(name)) await cp(join(ROOT, name), join(copy, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
}

/** @returns what it wrote to standard output */
async function npm(folder: string, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runProcess('npm', [...args, '--loglevel=error'], { folder });
  if (exitCode !== 0) throw new Error(`npm ${args.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`);
  return stdout;
}
