import { createHash } from 'node:crypto';
import { lchown, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PipelineError } from '../../core/errors.js';
import { completeBinaries, copyBinaries, locateBinaries } from './binaries.js';
import { candidateIdentities, describeIdentity, detectSetpriv, launchAs } from './identity.js';
import type { Identity, IdentityKind } from './identity.js';
import type { Launch } from './launch-spec.js';
import { runToEnd } from './launch.js';
import { openFolder } from './own-folder.js';

/** Where a cluster is, which user serves it and with which programs. */
export interface ClusterLocation {
  /** Contains the cluster and the server's log. */
  readonly folder: string;
  readonly cluster: string;
  readonly identity: Identity;
  /** The command that starts a PostgreSQL program for this location. */
  command(program: 'initdb' | 'postgres', args: readonly string[]): Launch;
}

/** Named after the major version: a server reads only files of its own version. */
export function clusterIn(folder: string): string {
  return join(folder, 'pg18');
}

/**
 * The folder whose cluster serves `dataDir`, or undefined before the first start.
 *
 * An existing cluster takes precedence: a change of permissions must not create a new and empty one elsewhere.
 */
export async function findClusterFolder(dataDir: string): Promise<string | undefined> {
  for (const folder of [dataDir, ...(await relocations(dataDir))]) {
    if (await isCluster(clusterIn(folder))) return folder;
  }
  return undefined;
}

/** A cluster that cannot be read is an error, not an absent one. */
async function isCluster(cluster: string): Promise<boolean> {
  return stat(join(cluster, 'PG_VERSION')).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false;
      throw error;
    },
  );
}

/**
 * Chooses the first folder and identity that work together, by trying.
 *
 * Edges: only root needs another identity than its own. An identity that cannot reach the programs gets a copy of them; when none can reach
 *        `dataDir`, because a folder above it is closed, the cluster is created in /var/lib or /var/tmp.
 * @param kinds the identities allowed, for trying one in particular
 * @throws EOD_EMBEDDED naming everything tried
 */
export async function chooseClusterLocation(
  dataDir: string,
  kinds?: readonly IdentityKind[],
): Promise<ClusterLocation> {
  const existing = await findClusterFolder(dataDir);
  const owner = existing === undefined ? undefined : await stat(clusterIn(existing));
  const identities = (await candidateIdentities(owner)).filter(({ kind }) => kinds?.includes(kind) ?? true);
  const packageDir = locateBinaries();
  const hasSetpriv = await detectSetpriv();

  const failures: string[] = [];
  for (const folder of existing === undefined ? [dataDir, ...(await relocations(dataDir))] : [existing]) {
    const refusals: Refusal[] = [];
    for (const identity of identities) {
      const attempt = await attemptLocation({ folder, identity, packageDir, hasSetpriv }, folder !== dataDir);
      if ('cluster' in attempt) {
        if (owner !== undefined) await giveCluster(attempt, owner.uid);
        return attempt;
      }
      refusals.push(attempt);
      failures.push(`${describeIdentity(identity)}, ${folder}: ${attempt.reason}`);
    }
    // Another folder helps only when this one is closed.
    if (!refusals.some(({ obstacle }) => obstacle === 'folder')) break;
  }
  throw new PipelineError(
    'EOD_EMBEDDED',
    `PostgreSQL cannot run as root, and every other way failed:\n${failures.join('\n')}`,
    {
      hint:
        `run this program as an ordinary user, make the folders above ${dataDir} accessible (chmod o+x), ` +
        'or set DATABASE_URL to use a PostgreSQL server of your own',
    },
  );
}

interface Trial {
  readonly folder: string;
  readonly identity: Identity;
  readonly packageDir: string;
  readonly hasSetpriv: boolean;
}

interface Refusal {
  readonly obstacle: 'identity' | 'programs' | 'folder';
  readonly reason: string;
}

const NO_PROGRAMS = 11;
const NO_FOLDER = 12;
/** Checks the folder first: programs are not copied for a folder that cannot be used. */
const PROBE = `[ -x "$1" ] || exit ${NO_FOLDER}; [ -x "$0" ] && [ -r "$0" ] || exit ${NO_PROGRAMS}`;

async function attemptLocation(trial: Trial, isRelocated: boolean): Promise<ClusterLocation | Refusal> {
  const { identity, folder } = trial;
  const closed = await openFolder(folder, { create: isRelocated, passable: identity.kind === 'switched' });
  if (closed !== undefined) return { obstacle: 'folder', reason: closed };
  const completed = { ...trial, packageDir: await completeBinaries(trial.packageDir, folder) };
  if (identity.kind === 'self') return toLocation(completed);

  const first = await probe(completed);
  if (first?.obstacle !== 'programs') return first ?? toLocation(completed);
  const copied = { ...trial, packageDir: await copyBinaries(trial.packageDir, folder) };
  return (await probe(copied)) ?? toLocation(copied);
}

/** Undefined when the identity exists, can run the programs, and can pass through the folder. */
async function probe(trial: Trial): Promise<Refusal | undefined> {
  const postgres = join(trial.packageDir, 'native/bin/postgres');
  const launch = launchAs(trial.identity, trial.hasSetpriv, 'sh', ['-c', PROBE, postgres, trial.folder]);
  const { exitCode, output } = await runToEnd(launch);
  if (exitCode === 0) return undefined;
  if (exitCode === NO_PROGRAMS) return { obstacle: 'programs', reason: `${postgres} cannot be run` };
  if (exitCode === NO_FOLDER) return { obstacle: 'folder', reason: 'the folder cannot be reached' };
  return { obstacle: 'identity', reason: output };
}

function toLocation({ folder, identity, packageDir, hasSetpriv }: Trial): ClusterLocation {
  const bin = join(packageDir, 'native/bin');
  return {
    folder,
    cluster: clusterIn(folder),
    identity,
    command: (program, args) => launchAs(identity, hasSetpriv, join(bin, program), args),
  };
}

/**
 * Other places where root may keep the cluster of a folder. /var/lib first: systemd removes files from /var/tmp that were not read for 30
 * days, including single files of a database.
 */
async function relocations(dataDir: string): Promise<string[]> {
  if (process.getuid?.() !== 0) return [];
  const name = await realpath(dataDir).catch(() => dataDir);
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return [`/var/lib/tickstock-${hash}`, `/var/tmp/tickstock-${hash}`];
}

/** Changes the owner of root's cluster to the user that has to serve it, where user namespaces are no longer allowed. */
async function giveCluster({ identity, cluster }: ClusterLocation, ownerUid: number): Promise<void> {
  if (identity.kind !== 'switched' || identity.uid === ownerUid) return;
  const entries = await readdir(cluster, { recursive: true });
  for (const entry of entries) await lchown(join(cluster, entry), identity.uid, identity.gid);
  // Last, because the owner of the folder shows whether the change was completed.
  await lchown(cluster, identity.uid, identity.gid);
}
