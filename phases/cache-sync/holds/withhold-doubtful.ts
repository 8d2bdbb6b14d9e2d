import { RENAMED, type Comparison, type MembershipChange } from '../membership/compare-memberships.js';
import { groupByUniverse } from '../membership/universe-changes.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { compareRanks, isGone, type Market, type Valued } from '../valuation/market.js';

type DoubtFacts = Pick<Market, 'securities' | 'undecided'>;

/** Whether a figure of a symbol is not believed, or a person must decide which security it is. Of one that is gone, figures do not matter. */
export function isDoubtful({ securities, undecided }: DoubtFacts, symbol: string): boolean {
  const security = securities.get(symbol);
  return undecided.has(symbol) || (security !== undefined && security.doubt !== null && !isGone(security));
}

/**
 * Publishes universes without those of their changes that are in doubt: such a newcomer stays out, and such a member keeps its place.
 *
 * Edges: a ranking keeps its size: the best of those that would leave stay, or the last of those that would come in wait.
 * @param names of the universes
 */
export function withholdDoubtful(comparison: Comparison, names: ReadonlySet<string>, market: DoubtFacts): Comparison {
  if (names.size === 0) return comparison;
  const groups = groupByUniverse(comparison.changes);
  const withheld = new Set<MembershipChange>();
  const published = comparison.published.map((universe) => {
    if (!names.has(toUniverseName(universe))) return universe;
    const own = (groups.get(universe) ?? []).filter(({ reason }) => reason !== RENAMED);
    const members = new Map(universe.members.map((member) => [member.symbol, member]));
    const undo = (change: MembershipChange): void => {
      withheld.add(change);
      const security = market.securities.get(change.symbol);
      if (change.action === 'added') members.delete(change.symbol);
      else if (security !== undefined) members.set(change.symbol, security);
    };
    own.filter(({ symbol }) => isDoubtful(market, symbol)).forEach(undo);
    if (universe.limits?.kind === 'rank') keepSize(universe.members.length, members, own, undo, market);
    return { ...universe, members: inOrder(universe, [...members.values()]) };
  });
  return { ...comparison, published, changes: comparison.changes.filter((change) => !withheld.has(change)) };
}

function keepSize(
  size: number,
  members: ReadonlyMap<string, Valued>,
  changes: readonly MembershipChange[],
  undo: (change: MembershipChange) => void,
  { securities }: DoubtFacts,
): void {
  const ranked = (action: MembershipChange['action']) =>
    changes
      .filter((change) => change.action === action && members.has(change.symbol) === (action === 'added'))
      .flatMap((change) => {
        const security = securities.get(change.symbol);
        return security === undefined || (security.rank ?? security.etfRank) === null ? [] : [{ change, security }];
      })
      .toSorted((left, right) => compareRanks(left.security, right.security));
  for (const { change } of ranked('removed')) if (members.size < size) undo(change);
  for (const { change } of ranked('added').toReversed()) if (members.size > size) undo(change);
}

/** In the order of the universe, where that is the one by rank; otherwise those that stay come last. */
function inOrder({ members }: Universe, all: readonly Valued[]): readonly Valued[] {
  const isByRank = members.every((member, at) => at === 0 || compareRanks(members[at - 1] ?? member, member) <= 0);
  return isByRank ? all.toSorted(compareRanks) : all;
}
