import type { SessionDate } from '../../../src/core/session.js';
import type { UniverseIdentity } from '../universes/rule.js';

/** What turnover is usual, by universe. */
export interface TurnoverHistory {
  /**
   * Turnover of each of the last sessions in which the universe was published and had members before, newest first: 0-1 and more, as
   * `toTurnoverRatio` gives it.
   *
   * @param members how many it has now: its earlier sizes are this less the changes since
   */
  ratiosOf(universe: UniverseIdentity, members: number): readonly number[];
  /** The newest session it was published in before this one, also without a change; null: none of the last ones. */
  publishedBefore(universe: UniverseIdentity): SessionDate | null;
}

export const NO_TURNOVER_HISTORY: TurnoverHistory = { ratiosOf: () => [], publishedBefore: () => null };

/**
 * Share of a universe that one session exchanges: the larger of arrivals and departures to members before. Half of their sum would be the
 * same where one comes for one that goes, but would call the loss of half the members 25 %.
 */
export function toTurnoverRatio(before: number, added: number, removed: number): number {
  return Math.max(added, removed) / Math.max(before, 1);
}
