import type { Universe, UniverseIdentity } from '../universes/rule.js';
import { toUniverseKey } from '../valuation/stock-groups.js';
import { toUniverseName } from '../universes/select-universes.js';

/**
 * Keys for layouts that identify a universe by one text: its key, or `name_key` when an earlier universe has that key (`complete_top_1000`
 * beside the ranking `top_1000`).
 *
 * Edges: all universes ever published count, in the order of first publication: a key must not move to another universe because its own is
 *        held, retired, or not of the mode.
 * @param ids universe name → id; universes without one are new and come last, in their order
 */
export function assignKeys(
  universes: readonly Universe[],
  ids: ReadonlyMap<string, number>,
): (universe: UniverseIdentity) => string {
  const known = [...ids].toSorted(([, left], [, right]) => left - right).map(([name]) => name);
  const keys = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of new Set([...known, ...universes.map(toUniverseName)])) {
    const key = findFree(name, taken);
    taken.add(key);
    keys.set(name, key);
  }
  return (universe) => keys.get(toUniverseName(universe)) ?? universe.key;
}

/** Types and keys contain no slash, names may. The full name is unique. */
function findFree(universeName: string, taken: ReadonlySet<string>): string {
  const [type = '', ...rest] = universeName.split('/');
  const key = rest.at(-1) ?? '';
  const name = toUniverseKey(rest.slice(0, -1).join('/'));
  return [key, `${name}_${key}`, `${type}_${name}_${key}`].find((each) => !taken.has(each)) ?? universeName;
}
