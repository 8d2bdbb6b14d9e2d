import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { runToEnd } from './launch.js';
import type { Launch } from './launch-spec.js';

/**
 * The user the server runs as. PostgreSQL refuses to run as root, and as a uid that is not in /etc/passwd.
 *
 * - `self`: the user of this program.
 * - `mapped`: the same user, mapped to another uid inside a user namespace: files keep their owner, no user is created.
 * - `switched`: another uid, which then owns the cluster. Needs root; used where user namespaces are refused.
 */
export type Identity =
  { readonly kind: 'self' } | { readonly kind: 'mapped' | 'switched'; readonly uid: number; readonly gid: number };

export type IdentityKind = Identity['kind'];

/**
 * The identities to try, best first.
 *
 * Edges: `owner` is the uid of the existing cluster's folder. Root serves the cluster of another user as that user, so that it stays usable
 *        for them.
 */
export async function candidateIdentities(owner?: { uid: number; gid: number }): Promise<Identity[]> {
  const uid = process.getuid?.();
  if (uid === undefined) return [{ kind: 'self' }];
  if (uid !== 0) {
    return isKnownUser() ? [{ kind: 'self' }] : [{ kind: 'mapped', ...(await unprivilegedUser()) }, { kind: 'self' }];
  }
  if (owner !== undefined && owner.uid !== 0) return [{ kind: 'switched', uid: owner.uid, gid: owner.gid }];
  const nobody = await unprivilegedUser();
  return [
    { kind: 'mapped', ...nobody },
    { kind: 'switched', ...nobody },
  ];
}

/**
 * The command that starts a program as an identity. With setpriv the kernel interrupts it when this program dies, even by kill -9; where
 * setpriv is missing (macOS, Windows) the server survives this program and the next start stops it.
 */
export function launchAs(identity: Identity, hasSetpriv: boolean, file: string, args: readonly string[]): Launch {
  const dying = ['--pdeathsig', 'INT'];
  if (identity.kind === 'mapped') {
    const map = ['--user', `--map-user=${identity.uid}`, `--map-group=${identity.gid}`];
    return { file: 'unshare', args: [...map, 'setpriv', ...dying, file, ...args] };
  }
  if (!hasSetpriv) {
    return identity.kind === 'self' ? { file, args } : { file, args, uid: identity.uid, gid: identity.gid };
  }
  // The kernel clears the death signal when the uid changes, so setpriv has to do both, in its order.
  const change =
    identity.kind === 'self' ? [] : [`--reuid=${identity.uid}`, `--regid=${identity.gid}`, '--clear-groups'];
  return { file: 'setpriv', args: [...change, ...dying, file, ...args] };
}

/** Whether setpriv is available and knows `--pdeathsig`: busybox has one that does not. */
export async function detectSetpriv(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return (await runToEnd({ file: 'setpriv', args: ['--pdeathsig', 'INT', 'true'] })).exitCode === 0;
}

export function describeIdentity(identity: Identity): string {
  if (identity.kind === 'self') return 'as the current user';
  return identity.kind === 'mapped' ? 'in a user namespace' : `as uid ${identity.uid}`;
}

function isKnownUser(): boolean {
  try {
    userInfo();
    return true;
  } catch {
    return false;
  }
}

/** `nobody`, or any other user that is not root: its number differs between systems, and minimal images lack it. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number }> {
  const rows = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const users = rows.filter((row) => row.length >= 4 && Number(row[2]) !== 0);
  const row = users.find(([name]) => name === 'nobody') ?? users[0];
  return row === undefined ? { uid: 65_534, gid: 65_534 } : { uid: Number(row[2]), gid: Number(row[3]) };
}
