import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { READ_PUBLISHED_CHANGES } from './read-published-changes.sql.js';
import { toUniverseName } from '../universes/select-universes.js';
import type { OpenUniverse } from './compare-memberships.js';
import type { AppliedChange, KeptChange, LedgerUniverse } from './membership-ledger.js';

/** The current changes of one universe in one session. */
export interface PublishedChange extends AppliedChange {
  readonly universeId: number;
  readonly session: SessionDate;
}

/**
 * Current changes of membership in the sessions from `from` on, newest first.
 * @param universes ids; null for all
 */
export async function readPublishedChanges(
  client: PoolClient,
  from: SessionDate,
  universes: readonly number[] | null,
): Promise<PublishedChange[]> {
  return READ_PUBLISHED_CHANGES.rows(client, { from, universes });
}

/**
 * The membership as it was before the sessions of these changes.
 *
 * Edges: universes first published in `from` or later are marked as unborn; those retired since then are not retired yet.
 * @param isRewound universes to rewind; all others keep their current members
 */
export function rewindMembership(
  open: readonly OpenUniverse[],
  changes: readonly PublishedChange[],
  from: SessionDate,
  isRewound: (universe: OpenUniverse) => boolean,
): LedgerUniverse[] {
  const byUniverse = new Map<number, PublishedChange[]>();
  for (const change of changes) {
    byUniverse.set(change.universeId, [...(byUniverse.get(change.universeId) ?? []), change]);
  }
  return open.map((universe) => {
    if (!isRewound(universe)) return universe;
    const { firstSession = null, retiredSession = null } = universe;
    if (firstSession !== null && firstSession >= from)
      return { ...universe, symbols: [], isRetired: false, retiredSession: null, isUnborn: true };
    const own = byUniverse.get(universe.id) ?? [];
    const symbols = own.length === 0 ? universe.symbols : undo(universe.symbols, own);
    const isRetired = retiredSession !== null && retiredSession < from;
    return { ...universe, symbols, isRetired, retiredSession: isRetired ? retiredSession : null };
  });
}

/** @param changes newest first */
function undo(symbols: readonly string[], changes: readonly PublishedChange[]): string[] {
  const members = new Set(symbols);
  for (const { added, removed } of changes) {
    for (const symbol of added) members.delete(symbol);
    for (const symbol of removed) members.add(symbol);
  }
  return [...members];
}

/** A change that an earlier publish of a session made to a universe. */
export type SessionChange = PublishedChange & KeptChange & { readonly name: string };

/** Changes of one session, with their universes as readers see them. */
export function listSessionChanges(
  changes: readonly PublishedChange[],
  session: SessionDate,
  universes: readonly OpenUniverse[],
): SessionChange[] {
  const own = changes.filter((change) => change.session === session);
  if (own.length === 0) return [];
  const byId = new Map(universes.map((universe) => [universe.id, universe]));
  return own.flatMap((change) => {
    const universe = byId.get(change.universeId);
    if (universe === undefined) return [];
    return [{ ...change, name: toUniverseName(universe), hasRetired: universe.retiredSession === session }];
  });
}
