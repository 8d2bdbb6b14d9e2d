import { createHash } from 'node:crypto';
import { nextTurn } from '../../../src/core/time-slice.js';
import type { OpenUniverse } from './compare-memberships.js';
import { toUniverseName } from '../universes/select-universes.js';

/**
 * Hash of all memberships: universes and members sorted by code unit, so that the order of rows cannot change it.
 *
 * It yields before every universe, so that a publish can send its next statement in between.
 */
export async function hashMemberships(
  universes: readonly Pick<OpenUniverse, 'type' | 'name' | 'key' | 'symbols'>[],
): Promise<string> {
  const hash = createHash('sha256');
  const named = universes.map((universe) => [toUniverseName(universe), universe.symbols] as const);
  for (const [name, symbols] of named.toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    if (symbols.length === 0) continue;
    await nextTurn();
    hash.update(`${name}\n${[...symbols].sort().join('\n')}\n\n`);
  }
  return hash.digest('hex');
}
