import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { toUniverseName } from '../universes/select-universes.js';
import type { PastMembership } from '../valuation/market.js';
import type { MembersSince } from './membership-ledger.js';

/** Past membership in the form that rules use. */
export function toPastMembership(since: MembersSince, session: SessionDate, calendar: TradingCalendar): PastMembership {
  const none: ReadonlyMap<string, SessionDate> = new Map();
  const counted = new Map<SessionDate, number>();
  return {
    membersOf: (universe) => since.get(toUniverseName(universe)) ?? none,
    sessionsSince: (from) => {
      const known = counted.get(from);
      if (known !== undefined) return known;
      const sessions = from >= session ? 0 : calendar.sessionCount(from, session);
      counted.set(from, sessions);
      return sessions;
    },
  };
}
