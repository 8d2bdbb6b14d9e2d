import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { isDelisting, type Comparison } from './compare-memberships.js';
import type { SymbolPast } from '../valuation/past.js';
import type { Market, NewListing } from '../valuation/market.js';
import type { Rename } from '../../../src/securities/renames/match-renames.js';

/** An event of a symbol itself, independent of universes. */
export interface SymbolEvent {
  readonly symbol: string;
  readonly event: 'delisted' | 'relisted' | 'reused' | 'renamed';
  /**
   * `ABSENT`: no bar in the last complete sessions; `REPORTED_INACTIVE`: stated by the source or the host; `TRADES_AGAIN`;
   * `TICKER_CHANGED`: the security trades under another one; `FIRST_DAY`: the source marks a first trading day.
   */
  readonly reason: 'ABSENT' | 'REPORTED_INACTIVE' | 'TRADES_AGAIN' | 'TICKER_CHANGED' | 'FIRST_DAY';
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Finds delisted, relisted and renamed symbols.
 *
 * Edges: a symbol that trades again `reuseAfterSessions` or more after its delisting is another company under the same ticker, and so is one
 *        that was changed to another ticker, and so is a ticker with the mark of a first trading day that was valued in the session before.
 */
export function findSymbolEvents(
  market: Market,
  { delisted, renamed }: SymbolPast,
  calendar: TradingCalendar,
  reuseAfterSessions: number,
): SymbolEvent[] {
  const events = [...market.renames.values()].map((rename) => toRenamed(rename, market));
  for (const { symbol, exclusion, seenSession } of market.securities.values()) {
    if (exclusion === 'INACTIVE' && !delisted.has(symbol)) {
      events.push({ symbol, event: 'delisted', reason: 'ABSENT', detail: { last_session: seenSession } });
    }
  }
  for (const symbol of market.taken) {
    if (!delisted.has(symbol)) events.push({ symbol, event: 'reused', reason: 'FIRST_DAY', detail: {} });
  }
  for (const [symbol, since] of delisted) {
    const security = market.securities.get(symbol);
    if (security === undefined || security.exclusion === 'INACTIVE') continue;
    const sessions = calendar.sessionCount(since, market.session);
    const event = renamed.has(symbol) || sessions >= reuseAfterSessions ? 'reused' : 'relisted';
    events.push({ symbol, event, reason: 'TRADES_AGAIN', detail: { delisted_session: since, sessions } });
  }
  return events;
}

function toRenamed({ from, to, firstSession, lastSession, evidence }: Rename, { securities }: Market): SymbolEvent {
  const { sharesRatio, closeRatio, isNameAlike } = evidence;
  const detail = {
    to,
    name: securities.get(to)?.name ?? null,
    last_session: lastSession,
    first_session: firstSession,
    shares_ratio: sharesRatio,
    close_ratio: closeRatio,
    is_name_alike: isNameAlike,
  };
  return { symbol: from, event: 'renamed', reason: 'TICKER_CHANGED', detail };
}

/** Members that the source or the host has made inactive: the delisting is recorded when it is noticed. */
export function listReportedInactive({ changes }: Comparison, { securities }: Market): SymbolEvent[] {
  const gone = changes.filter((change) => isDelisting(change) && !securities.has(change.symbol));
  return [...new Set(gone.map((change) => change.symbol))].map((symbol) => ({
    symbol,
    event: 'delisted',
    reason: 'REPORTED_INACTIVE',
    detail: {},
  }));
}

/** Reused tickers count as new listings of the session; the source's own first-day mark takes precedence. */
export function addReused(
  newListings: ReadonlyMap<string, NewListing>,
  events: readonly SymbolEvent[],
  session: SessionDate,
): ReadonlyMap<string, NewListing> {
  const reused = events.filter(({ event }) => event === 'reused');
  if (reused.length === 0) return newListings;
  const listing: NewListing = { reason: 'IPO_FIRST_SEEN', session };
  return new Map([...reused.map(({ symbol }) => [symbol, listing] as const), ...newListings]);
}
