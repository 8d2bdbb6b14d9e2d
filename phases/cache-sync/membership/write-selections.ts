import type { PoolClient } from 'pg';
import { toSnakeCase } from '../../../src/core/snake-case.js';
import type { Universe } from '../universes/rule.js';
import { compareRanks, type Valued } from '../valuation/market.js';
import { idOf, type Publication } from './publication.js';
import { DELETE_SELECTIONS, WRITE_SELECTIONS } from './write-selections.sql.js';

/** The selections of the session that a publish replaces. */
export interface ReplacedSelections {
  /** Null: of every universe. */
  readonly scope: readonly number[] | null;
  /** Universes whose earlier publish of the session remains valid. */
  readonly kept: readonly number[];
}

/**
 * Stores the decision about each universe of a session: the applied limits, and the published order where it is not the rank order.
 *
 * Shape: one row per universe; the newest one counts, so a universe in rank order has a row too. Lists of 143,000 in rank order store no
 *        symbols.
 */
export async function writeSelections(
  client: PoolClient,
  universes: readonly Universe[],
  publication: Publication,
  { scope, kept }: ReplacedSelections,
): Promise<void> {
  const { session, isResync } = publication;
  if (isResync) {
    await DELETE_SELECTIONS.write(client, { session, scope, kept });
  }
  if (universes.length === 0) return;
  const rows = universes.map((universe) => ({
    id: idOf(universe, publication),
    symbols: isInRankOrder(universe.members) ? null : universe.members.map(({ symbol }) => symbol),
    limits: universe.limits && toSnakeCase(universe.limits),
  }));
  await WRITE_SELECTIONS.write(client, { session, rows: JSON.stringify(rows) });
}

function isInRankOrder(members: readonly Valued[]): boolean {
  return members.every((member, index) => index === 0 || compareRanks(members[index - 1] ?? member, member) <= 0);
}
