import type { Market, PastMembership } from '../../phases/cache-sync/valuation/market.js';
import type { Universe } from '../../phases/cache-sync/universes/rule.js';
import { toUniverseName } from '../../phases/cache-sync/universes/select-universes.js';
import { toTurnoverRatio } from '../../phases/cache-sync/holds/turnover-ratio.js';
import type { SessionDate } from '../../src/core/session.js';

/** What universes exchanged so far. */
export interface Turnover {
  readonly title: string;
  /** Arrivals and departures. */
  changes: number;
  /** Sum over the sessions of the larger of both to the members before. */
  ratio: number;
  members: number;
  sessions: number;
}

/** Carries the members of universes from session to session, as the database would, and counts what comes and goes. */
export class MembershipLog {
  readonly turnovers = new Map<string, Turnover>();
  readonly #members = new Map<string, ReadonlyMap<string, SessionDate>>();

  /** The market as a run would hand it to the rules. */
  withPast(market: Market, sessions: readonly SessionDate[]): Market {
    const past: PastMembership = {
      membersOf: (universe) => this.#members.get(toUniverseName(universe)) ?? new Map(),
      sessionsSince: (since) => sessions.length - 1 - sessions.lastIndexOf(since),
    };
    return { ...market, past };
  }

  /** The first publish of a universe is no turnover. */
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
