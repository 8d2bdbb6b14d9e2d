import type { SessionDate } from '../../../src/core/session.js';
import type { UniverseIdentity } from '../universes/rule.js';

/** The usual turnover of universes. */
export interface TurnoverHistory {
  /**
   * Turnover of each of the last sessions in which the universe was published and had members before, newest first: 0-1 and more, see
   * `toTurnoverRatio`.
   *
   * @param members its current number of members: earlier sizes are computed from it and the changes since
   */
  ratiosOf(universe: UniverseIdentity, members: number): readonly number[];
  /** The newest earlier session it was published in, also without a change; null: in none of the last sessions. */
  publishedBefore(universe: UniverseIdentity): SessionDate | null;
  /** Number of sessions since then in which it was held while others were published. */
  heldAlone(universe: UniverseIdentity): number;
}

export const NO_TURNOVER_HISTORY: TurnoverHistory = {
  ratiosOf: () => [],
  publishedBefore: () => null,
  heldAlone: () => 0,
};

/**
 * Share of a universe that one session exchanges: the larger of additions and removals, divided by the members before. Half of their sum
 * would be the same where each addition has a removal, but would count the loss of half the members as 25 %.
 */
export function toTurnoverRatio(before: number, added: number, removed: number): number {
  return Math.max(added, removed) / Math.max(before, 1);
}
