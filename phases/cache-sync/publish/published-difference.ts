import type { PoolClient } from 'pg';
import type { ComputedSync } from '../compute-sync.js';
import type { SyncSettings } from '../input/read-sync.js';
import { compareMemberships, type Comparison, type OpenUniverse } from '../membership/compare-memberships.js';
import { listKept } from '../membership/kept-universes.js';
import type { LedgerUniverse, MembershipLedger } from '../membership/membership-ledger.js';
import type { ModeScope } from '../modes.js';
import type { Universe } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** What is published, and what readers see until then. */
interface Published {
  readonly client: PoolClient;
  readonly scope: ModeScope;
  readonly settings: Pick<SyncSettings, 'config'>;
  readonly isResync: boolean;
  readonly before: readonly OpenUniverse[];
  readonly ledger: MembershipLedger;
  readonly selected: ReadonlyMap<string, Universe>;
}

/**
 * The difference of a publish to what readers see: the comparison itself for a session that is published for the first time, and the
 * difference to the earlier publish for all others.
 *
 * Shape: `published` are the universes whose rows are to be written. The reasons are those of the newest session.
 */
export async function listDifference(publish: Published, last: ComputedSync): Promise<Comparison> {
  const { isResync, before, ledger, scope, selected } = publish;
  if (!isResync) return last.comparison;
  const seen = new Map(before.map((universe) => [toUniverseName(universe), universe]));
  const own = ledger.open.filter((universe) => scope.has(universe) && !universe.isRetired);
  const kept = own.filter(
    (universe) => universe.selection === undefined && !isSame(universe, seen.get(toUniverseName(universe))),
  );
  const published = [
    ...own.flatMap(({ selection }) => (selection !== undefined && isShown(selection, last) ? selection : [])),
    ...(await listKept(publish.client, { universes: kept, selected, market: last.market })),
  ];
  const names = new Set(published.map(toUniverseName));
  const live = new Set(own.map(toUniverseName));
  const compared = before.filter((universe) => {
    const name = toUniverseName(universe);
    return names.has(name) || (scope.has(universe) && !live.has(name));
  });
  const { rules } = scope;
  const difference = compareMemberships(published, compared, rules, last.market, publish.settings.config, () => true);
  return { ...difference, holds: last.comparison.holds };
}

/** Statistics are figures of the newest session: when it has none, the row stays unchanged. */
function isShown(selection: Universe, { selected }: ComputedSync): boolean {
  return selection.form.kind !== 'statistics' || selected.includes(selection);
}

function isSame({ symbols, isRetired }: LedgerUniverse, seen: OpenUniverse | undefined): boolean {
  if (seen === undefined || seen.isRetired !== isRetired || seen.symbols.length !== symbols.length) return false;
  const known = new Set(seen.symbols);
  return symbols.every((symbol) => known.has(symbol));
}
