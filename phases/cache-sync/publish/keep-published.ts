import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import type { ComputedSync } from '../compute-sync.js';
import type { RecordedHold } from '../holds/recorded-holds.js';
import { keepAudit } from '../membership/write-audit.js';
import { keepEvents, keepInactive } from '../membership/write-symbol-life.js';
import type { MembershipLedger } from '../membership/membership-ledger.js';
import type { Publication } from '../membership/publication.js';
import type { SessionChange } from '../membership/rewind.js';
import { toUniverseName } from '../universes/select-universes.js';

/** The part of an earlier publish of the session that remains valid, because its replacement is held. */
export interface KeptPublish {
  /** Whether all of it remains valid. */
  readonly isSession: boolean;
  /** Names of the universes that remain valid when not all of it does. */
  readonly universes: ReadonlySet<string>;
}

/**
 * Members by universe name from an earlier publish of the session: an empty selection must not remove them. An evening counts all of them,
 * a replay those that a hold kept.
 */
export function listSeen(
  published: readonly SessionChange[],
  kept: readonly RecordedHold[] | null,
): ReadonlyMap<string, readonly string[]> {
  const mayKeep = (name: string): boolean =>
    kept === null || kept.some(({ universe }) => universe === null || universe === name);
  return new Map(published.filter(({ name }) => mayKeep(name)).map(({ name, added }) => [name, added]));
}

/**
 * The part of the session that remains valid although it is computed again: bad input after good input removes nothing.
 *
 * Edges: an evening keeps it for every hold. A replay keeps it for the holds that kept it before and are found again from the same input;
 *        for all others the membership of the previous session applies, as if the session had never been published from other input.
 * @param kept recorded holds found by a replay; null on an evening
 */
export function findKept(
  { comparison, isSessionHeld }: ComputedSync,
  isResync: boolean,
  kept: readonly RecordedHold[] | null,
): KeptPublish {
  const mayKeep = (universe: string | null, gate: string): boolean =>
    isResync && (kept === null || kept.some((hold) => hold.universe === universe && hold.gate === gate));
  const held = comparison.holds.map(({ universe, gate }) => ({ name: universe && toUniverseName(universe), gate }));
  const isSession = isSessionHeld && held.some(({ name, gate }) => name === null && mayKeep(null, gate));
  const universes = isSessionHeld ? [] : held.flatMap(({ name, gate }) => (mayKeep(name, gate) ? (name ?? []) : []));
  return { isSession, universes: new Set(universes) };
}

/** Whether an earlier publish of the universe remains valid; null: of the session. */
export function isKept({ isSession, universes }: KeptPublish, universe: string | null): boolean {
  return isSession || (universe !== null && universes.has(universe));
}

/** Applies what is kept to the ledger: the members, and that rows show what was published of them before. */
export function keepInLedger(
  ledger: MembershipLedger,
  kept: KeptPublish,
  published: readonly SessionChange[],
  session: SessionDate,
): SessionChange[] {
  if (kept.isSession) ledger.keepRows(null);
  else ledger.keepRows(kept.universes);
  return published
    .filter(({ name }) => isKept(kept, name))
    .map((change) => ({ ...change, ...ledger.keep(change.name, session, change) }));
}

/**
 * Restores audit and events of what is kept.
 *
 * Edges: a change that no longer applies, because an earlier session was corrected, is not kept.
 */
export async function keepPublished(
  client: PoolClient,
  { isSession }: KeptPublish,
  changes: readonly SessionChange[],
  publication: Publication,
): Promise<void> {
  for (const change of changes) await keepAudit(client, change.universeId, change, publication);
  if (isSession) return keepEvents(client, publication);
  const gone = changes.flatMap((change) => change.removed);
  if (gone.length > 0) await keepInactive(client, gone, publication);
}
