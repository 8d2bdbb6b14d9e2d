import { readFileSync } from 'node:fs';

/** `zombie`: ended, but not collected by its parent; it stays when the first process of a container collects none. */
export type ProcessState = 'alive' | 'zombie' | 'gone';

/** State of the process with a pid, also of another user. Zombies are recognised on Linux only. */
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
    // The name before the state is in parentheses and may contain any character.
    return text.slice(text.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}
