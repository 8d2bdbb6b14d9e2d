import {
  isDelisting,
  listFormer,
  type Comparison,
  type MembershipChange,
  type OpenUniverse,
} from './compare-memberships.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { statistics } from '../universes/rules/statistics.js';
import { toUniverseName } from '../universes/select-universes.js';
import { updateKindOf, type ModeScope } from '../modes.js';
import type { SyncTask } from '../task.js';

/** The changes of one universe in a sync. */
export interface UniverseChange {
  readonly universe: UniverseIdentity;
  /** The name that people use, as `tickstock universe` shows it. */
  readonly name: string;
  readonly task: SyncTask;
  readonly action: 'updated' | 'created' | 'removed';
  /** The most frequent reason of its changes in the audit. */
  readonly reason: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Members with another ticker: `from` is among the removed, `to` among the added. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
  /**
   * Removed members that are no longer active, as cleanup after delistings. Empty in a mode without that task: there they left by the task
   * of the mode, like all other removals.
   */
  readonly inactive: readonly string[];
  /** Current number of members. */
  readonly count: number;
}

/** The universes with changes: those that gained or lost a member, are new, or are gone. Market statistics are not included. */
export function listUniverseChanges(
  comparison: Comparison,
  open: readonly OpenUniverse[],
  ids: ReadonlyMap<string, number>,
  scope: ModeScope,
): UniverseChange[] {
  const published = new Set(open.filter((universe) => !universe.isRetired).map(toUniverseName));
  const changes = groupByUniverse(comparison.changes);
  const names = nameUniverses(comparison, open, ids);
  const cleansUp = scope.tasks.includes('delisted_cleanup');
  const describe = (universe: UniverseIdentity, action: UniverseChange['action'], count: number, fallback: string) => {
    const own = changes.get(universe) ?? [];
    const removals = own.filter((change) => change.action === 'removed');
    return {
      universe,
      name: names.get(toUniverseName(universe)) ?? universe.key,
      task: updateKindOf(universe, scope),
      action,
      reason: findMainReason(own) ?? fallback,
      added: own.filter((change) => change.action === 'added').map((change) => change.symbol),
      removed: removals.map((change) => change.symbol),
      renamed: Array.from(listFormer(own), ([to, from]) => ({ from, to })),
      inactive: cleansUp ? removals.filter(isDelisting).map((change) => change.symbol) : [],
      count,
    };
  };
  const touched = comparison.published.flatMap((universe) => {
    const action = published.has(toUniverseName(universe)) ? 'updated' : 'created';
    if (statistics.matchesUniverse(universe) || (action === 'updated' && !changes.has(universe))) return [];
    return [describe(universe, action, universe.members.length, 'FIRST_PUBLISH')];
  });
  const gone = comparison.retired.filter((universe) => !statistics.matchesUniverse(universe));
  return [...touched, ...gone.map((universe) => describe(universe, 'removed', 0, universe.reason))];
}

/** By object identity: a comparison has one object per universe. */
export function groupByUniverse(changes: readonly MembershipChange[]): Map<UniverseIdentity, MembershipChange[]> {
  const groups = new Map<UniverseIdentity, MembershipChange[]>();
  for (const change of changes) {
    const group = groups.get(change.universe);
    if (group === undefined) groups.set(change.universe, [change]);
    else group.push(change);
  }
  return groups;
}

function findMainReason(changes: readonly MembershipChange[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { reason } of changes) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].toSorted(([, left], [, right]) => right - left)[0]?.[0];
}

/** Names after the sync, as `readUniverses` returns them; those of removed universes as it returned them before. */
export function nameUniverses(
  { published, retired }: Comparison,
  open: readonly OpenUniverse[],
  ids: ReadonlyMap<string, number>,
): Map<string, string> {
  const before = open.filter((universe) => !universe.isRetired);
  const gone = new Set(retired.map(toUniverseName));
  const now = new Map([...before, ...published].map((universe) => [toUniverseName(universe), universe]));
  for (const identity of gone) now.delete(identity);
  return new Map([...toShownNames(before, ids), ...toShownNames([...now.values()], ids)]);
}

/** The key; `name/key` when an earlier universe has the same key. */
function toShownNames(
  universes: readonly UniverseIdentity[],
  ids: ReadonlyMap<string, number>,
): (readonly [identity: string, shown: string])[] {
  const idOf = (universe: UniverseIdentity): number => ids.get(toUniverseName(universe)) ?? Infinity;
  const taken = new Set<string>();
  return universes
    .filter((universe) => !statistics.matchesUniverse(universe))
    .toSorted((left, right) => idOf(left) - idOf(right))
    .map((universe) => {
      const shown = taken.has(universe.key) ? `${universe.name}/${universe.key}` : universe.key;
      taken.add(universe.key);
      return [toUniverseName(universe), shown] as const;
    });
}
