import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { processState } from './process-state.js';

/** A process, as other processes can tell it apart. */
export interface ProcessIdentity {
  /** Host and pid, for people. */
  readonly owner: string;
  /** The processes whose pids have the same meaning: one boot of one machine, one pid namespace. Null where that is not known. */
  readonly machine: string | null;
  readonly pid: number;
}

/** This process. Containers may share a host name, and their pids mean nothing to each other: `machine` is then different. */
export function identifyProcess(): ProcessIdentity {
  return { owner: `${hostname()}:${process.pid}`, machine: identifyMachine(), pid: process.pid };
}

/** Whether a process has certainly ended: false for a process of another machine, and for this one. */
export function hasEnded({ machine, pid }: Pick<ProcessIdentity, 'machine' | 'pid'>): boolean {
  const here = identifyMachine();
  return here !== null && machine === here && pid !== process.pid && processState(pid) !== 'alive';
}

function identifyMachine(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}
