import {
  RENAMED,
  type Comparison,
  type GateSkip,
  type HeldUniverse,
  type Hold,
  type MembershipChange,
  type OpenUniverse,
} from '../membership/compare-memberships.js';
import type { Market } from '../valuation/market.js';
import type { GateResult, Turnover } from './gate.js';
import { hashText } from '../hash-text.js';
import type { UniverseIdentity } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';
import { isDoubtful, withholdDoubtful } from './withhold-doubtful.js';
import { groupByUniverse } from '../membership/universe-changes.js';

/** Turnover of each universe that was published before. */
export function listTurnovers(
  { published, changes }: Comparison,
  open: readonly OpenUniverse[],
  market: Pick<Market, 'securities' | 'undecided'>,
): Turnover[] {
  const groups = groupByUniverse(changes);
  const sizes = new Map(open.map((universe) => [toUniverseName(universe), universe.symbols.length]));
  return published.flatMap((universe) => {
    const before = sizes.get(toUniverseName(universe)) ?? 0;
    if (before === 0 || universe.turnover === 'any') return [];
    // A member with another ticker is not exchanged.
    const own = (groups.get(universe) ?? []).filter(({ reason }) => reason !== RENAMED);
    const added = own.filter((change) => change.action === 'added').length;
    const doubtful = own.filter(({ symbol }) => isDoubtful(market, symbol)).length;
    return [{ universe, before, added, removed: own.length - added, doubtful }];
  });
}

/**
 * Removes what gates hold from what is published: a held session keeps every membership, a held universe its own.
 *
 * Edges: a universe held by several gates has one hold per gate. A held session also has one hold per gate, all with the same candidate,
 *        and beside them the holds of universes with an empty selection. Skipped holds are published, and a universe whose hold is overdue is
 *        without its changes that are in doubt.
 */
export function holdBack(
  candidate: Comparison,
  results: readonly GateResult[],
  skips: GateSkip,
  market: Pick<Market, 'securities' | 'undecided'>,
): Comparison {
  const overdue = results.flatMap(({ universe, withholdsDoubtful }) =>
    withholdsDoubtful === true && universe !== null ? [toUniverseName(universe)] : [],
  );
  const comparison = withholdDoubtful(candidate, new Set(overdue), market);
  const holds = results.filter((result) => result.status === 'hold' && !skips(result.gate, result.universe));
  if (holds.length === 0) return comparison;
  const groups = groupByUniverse(comparison.changes);
  const session = holds.filter((result) => result.universe === null);
  if (session.length > 0) {
    const changed = [...groups].map(([universe, changes]) => toHeld(universe, changes));
    const held = session.map((result) => toHold(result, changed));
    return { changes: [], holds: [...held, ...comparison.holds], retired: [], published: [] };
  }
  const names = new Set(holds.flatMap(({ universe }) => (universe === null ? [] : [toUniverseName(universe)])));
  const isFree = (universe: UniverseIdentity): boolean => !names.has(toUniverseName(universe));
  const byName = new Map(
    [...groups].map(([universe, changes]) => [toUniverseName(universe), toHeld(universe, changes)]),
  );
  return {
    changes: comparison.changes.filter((change) => isFree(change.universe)),
    holds: [
      ...comparison.holds,
      ...holds.map((result) => {
        const own = result.universe === null ? undefined : byName.get(toUniverseName(result.universe));
        return toHold(result, own === undefined ? [] : [own]);
      }),
    ],
    retired: comparison.retired.filter(isFree),
    published: comparison.published.filter(isFree),
  };
}

/** Whether the session as a whole is held. */
export function isSessionHeld({ holds }: Pick<Comparison, 'holds'>): boolean {
  return holds.some((hold) => hold.universe === null);
}

/** Hash of a candidate, independent of the order it was found in. */
export function hashCandidate(candidate: readonly HeldUniverse[]): string {
  const toText = (changes: readonly { symbol: string }[]): string =>
    changes
      .map((change) => change.symbol)
      .sort()
      .join(' ');
  const lines = candidate.map((held) => `${toUniverseName(held)}\n${toText(held.added)}\n${toText(held.removed)}`);
  return hashText(lines.sort().join('\n\n'));
}

function toHold(
  { universe, gate, measured, threshold, message }: GateResult,
  candidate: readonly HeldUniverse[],
): Hold {
  const identity = universe && { type: universe.type, name: universe.name, key: universe.key };
  return { universe: identity, gate, measured, threshold, message, candidate };
}

function toHeld({ type, name, key }: UniverseIdentity, changes: readonly MembershipChange[]): HeldUniverse {
  const list = (action: MembershipChange['action']) =>
    changes
      .filter((change) => change.action === action)
      .map(({ symbol, reason }) => ({ symbol, reason }))
      .sort(compareSymbols);
  return { type, name, key, added: list('added'), removed: list('removed') };
}

/** The candidate in a fixed order, independent of the order members were read in. */
function compareSymbols(left: { readonly symbol: string }, right: { readonly symbol: string }): number {
  return left.symbol < right.symbol ? -1 : 1;
}
