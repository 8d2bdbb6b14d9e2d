import { Temporal } from 'temporal-polyfill';
import type { Market, PastMembership } from '../../phases/cache-sync/valuation/market.js';
import type { SessionDate } from '../../src/core/session.js';

/** Universe key → symbol → how many sessions before this one its membership began. */
export type PastMembers = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The market with members published before. Every day counts as a session: rules only ask how many there were. */
export function withMembers(market: Market, members: PastMembers): Market {
  return { ...market, past: toPast(market.session, members) };
}

function toPast(session: SessionDate, members: PastMembers): PastMembership {
  const today = Temporal.PlainDate.from(session);
  const toDate = (ago: number): SessionDate => today.subtract({ days: ago }).toString() as SessionDate;
  return {
    membersOf: ({ key }) =>
      new Map(Object.entries(members[key] ?? {}).map(([symbol, ago]) => [symbol, toDate(ago)] as const)),
    sessionsSince: (since) => Temporal.PlainDate.from(since).until(today, { largestUnit: 'day' }).days,
  };
}
