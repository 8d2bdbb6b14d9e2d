import { statfs } from 'node:fs/promises';
import type { Check } from '../check.js';

/** About two years of a US market. */
const NEEDED_BYTES = 2 * 1024 ** 3;

export const diskSpace: Check = {
  id: 'disk-space',
  title: 'the embedded database has space to grow',
  async find({ parts }) {
    const { kind, location } = parts.storage;
    if (kind !== 'embedded') return undefined;
    const { bavail, bsize } = await statfs(location);
    if (bavail * bsize >= NEEDED_BYTES) return undefined;
    return {
      problem: `${Math.floor((bavail * bsize) / 1024 ** 2)} MB are left where ${location} is`,
      fix: 'free some space, or move the folder and name it with --data-dir',
    };
  },
};
