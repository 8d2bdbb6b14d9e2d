import { lchown, mkdtemp, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedFailure } from './failure.js';
import { runToEnd } from './launch.js';
import type { ClusterLocation } from './cluster-location.js';
import { lastLines } from './server-log.js';

const DRAFT_PREFIX = 'pg18.init-';

/** Collation and character classes of the server itself, not of the machine, so that the sort order is the same everywhere. */
const INITDB_OPTIONS = [
  '--username=postgres',
  '--auth=trust',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--no-instructions',
  // One flush of the file system instead of one per file: a thousand flushes take seconds on a slow disk.
  ...(process.platform === 'linux' ? ['--sync-method=syncfs'] : []),
];

/**
 * Initialises a cluster. It is built in a temporary folder and renamed, so that an interrupted start leaves nothing that looks like a
 * cluster.
 * @throws EOD_EMBEDDED with the output of initdb; the signal's reason when aborted
 */
export async function initialiseCluster(location: ClusterLocation, signal?: AbortSignal): Promise<void> {
  await removeDrafts(location.folder);
  const draft = await mkdtemp(join(location.folder, DRAFT_PREFIX));
  try {
    if (location.identity.kind === 'switched') await lchown(draft, location.identity.uid, location.identity.gid);
    const { exitCode, output } = await runToEnd(location.command('initdb', ['-D', draft, ...INITDB_OPTIONS]), signal);
    signal?.throwIfAborted();
    if (exitCode !== 0)
      throw embeddedFailure(`A database cluster cannot be created in ${location.folder}`, lastLines(output));
    await rename(draft, location.cluster);
    await flushFolder(location.folder);
  } finally {
    await rm(draft, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Leftovers of starts that were killed. Called under the start lock, so none of them is in use. */
async function removeDrafts(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => name.startsWith(DRAFT_PREFIX));
  for (const draft of drafts) await rm(join(folder, draft), { recursive: true, force: true, maxRetries: 3 });
}

/** Makes the rename survive a power failure. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
