import { readFileSync } from 'node:fs';

/** `zombie`: ended, but not yet collected by its parent; a first process of a container that collects none keeps it for ever. */
export type ProcessState = 'alive' | 'zombie' | 'gone';

/** State of the process with a pid, be it another user's. Zombies are told apart on Linux only. */
export function processState(pid: number): ProcessState {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return 'gone';
  }
  return isZombie(pid) ? 'zombie' : 'alive';
}

function isZombie(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before the state is in parentheses and may hold any character.
    return text.slice(text.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}
