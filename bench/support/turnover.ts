import type { Market, PastMembership } from '../../phases/cache-sync/valuation/market.js';
import type { Universe } from '../../phases/cache-sync/universes/rule.js';
import { toUniverseName } from '../../phases/cache-sync/universes/select-universes.js';
import { toTurnoverRatio } from '../../phases/cache-sync/holds/turnover-ratio.js';
import type { SessionDate } from '../../src/core/session.js';

/** Accumulated turnover of universes. */
export interface Turnover {
  readonly title: string;
  /** Additions and removals. */
  changes: number;
  /** Sum over the sessions of the larger of the two, divided by the members before. */
  ratio: number;
  members: number;
  sessions: number;
}

/** Carries the members of universes from session to session, like the database, and counts additions and removals. */
export class MembershipLog {
  readonly turnovers = new Map<string, Turnover>();
  readonly #members = new Map<string, ReadonlyMap<string, SessionDate>>();

  /** The market as a run passes it to the rules. */
  withPast(market: Market, sessions: readonly SessionDate[]): Market {
    const past: PastMembership = {
      membersOf: (universe) => this.#members.get(toUniverseName(universe)) ?? new Map(),
      sessionsSince: (since) => sessions.length - 1 - sessions.lastIndexOf(since),
    };
    return { ...market, past };
  }

  /** The first publish of a universe does not count as turnover. */
  publish(universe: Universe, session: SessionDate): void {
    const name = toUniverseName(universe);
    const before = this.#members.get(name);
    const now = new Map(universe.members.map(({ symbol }) => [symbol, before?.get(symbol) ?? session]));
    this.#members.set(name, now);
    if (before === undefined) return;
    const kept = universe.members.filter(({ symbol }) => before.has(symbol)).length;
    const [added, removed] = [now.size - kept, before.size - kept];
    const turnover = this.turnovers.get(name) ?? {
      title: universe.title,
      changes: 0,
      ratio: 0,
      members: 0,
      sessions: 0,
    };
    turnover.changes += added + removed;
    turnover.ratio += toTurnoverRatio(before.size, added, removed);
    turnover.members += now.size;
    turnover.sessions += 1;
    this.turnovers.set(name, turnover);
  }
}
