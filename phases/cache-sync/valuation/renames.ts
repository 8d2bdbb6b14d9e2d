import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import {
  isWhenIssued,
  matchRenames,
  type Arrived,
  type Departed,
  type ProbableRename,
  type Rename,
  type RenameDecisions,
} from '../../../src/securities/renames/match-renames.js';
import type { CountDecision, KnownMove } from './judge-cap.js';
import type { PastMembership, Security } from './market.js';
import type { Past, PastFigures } from './past.js';

/** The securities of a session by symbol, and those without a bar in it. */
export interface SecurityLookup {
  find(symbol: string): Security | undefined;
  /** Symbols whose newest bar is of an earlier session, or that have none. */
  readonly withoutBar: readonly string[];
  /** Symbols that the source marks with a first trading day. */
  readonly firstDays: readonly string[];
  /** Identifier of the company, SEC; null: unknown. */
  readonly cikOf: (symbol: string) => string | null;
  /** FIGI of the share class; null: unknown. */
  readonly figiOf: (symbol: string) => string | null;
  readonly decisions: readonly IdentityDecision[];
  readonly moves: ReadonlyMap<string, readonly KnownMove[]>;
  readonly countDecisions: ReadonlyMap<string, readonly CountDecision[]>;
  /** Whether a person must decide about a market cap. */
  readonly hasOpenCaps: boolean;
}

/** What a person has decided, or must decide, about two tickers. */
export interface IdentityDecision {
  readonly kind: 'RENAME' | 'SAME_COMPANY';
  /** The newcomer, or the smaller class. */
  readonly symbol: string;
  readonly other: string;
  /** Null: open. */
  readonly isSame: boolean | null;
}

function toRenameDecisions(decisions: readonly IdentityDecision[]): RenameDecisions {
  const found = new Map<string, Map<string, boolean>>();
  for (const { kind, symbol, other, isSame } of decisions) {
    if (kind !== 'RENAME' || isSame === null) continue;
    found.set(symbol, (found.get(symbol) ?? new Map<string, boolean>()).set(other, isSame));
  }
  return found;
}

/** A person's answer about two tickers in either order; null: there is none. */
export function findCompanyDecision(
  decisions: readonly IdentityDecision[],
): (symbol: string, other: string) => boolean | null {
  const found = new Map<string, boolean>();
  for (const { kind, symbol, other, isSame } of decisions)
    if (kind === 'SAME_COMPANY' && isSame !== null) found.set([symbol, other].sort().join(' '), isSame);
  if (found.size === 0) return () => null;
  return (symbol, other) => found.get([symbol, other].sort().join(' ')) ?? null;
}

/** Types that are valued; no other is ever a member. */
const VALUED_TYPES: ReadonlySet<string | null> = new Set(['CS', 'ADRC', 'ETF']);

/** What may have changed its ticker, and what was found. */
export interface FoundRenames {
  readonly renames: readonly Rename[];
  /** Newcomers that may be a security which left: those with an exception, and those without a market cap until it is there, or for some sessions. */
  readonly undecided: ReadonlySet<string>;
  /** Tickers that securities with an exception have probably given up. */
  readonly probablyGone: ReadonlySet<string>;
  /** Pairs that a person must decide about. */
  readonly probable: readonly ProbableRename[];
}

/**
 * The securities that have another ticker since the previous session, also where that session was held.
 *
 * @param previousSession the newest one with bars before this one
 */
export function findRenames(
  lookup: SecurityLookup,
  past: Past,
  session: SessionDate,
  previousSession: SessionDate | null,
  calendar: TradingCalendar,
): FoundRenames {
  const none = findOpen(lookup, session);
  if (previousSession === null || past.arrivals.size === 0) return none;
  const arrived = listArrived(lookup, past, session);
  if (arrived.length === 0) return none;
  const oldest = arrived.map(({ firstSession }) => calendar.previous(firstSession)).sort()[0] ?? session;
  const departed = listDeparted(lookup, past, oldest < previousSession ? oldest : previousSession);
  const sessionBefore = (day: SessionDate): SessionDate => (day === session ? previousSession : calendar.previous(day));
  const { renames, probable } = matchRenames(departed, arrived, sessionBefore, toRenameDecisions(lookup.decisions));
  const matched = new Set(renames.flatMap(({ from, to }) => [from, to]));
  const open = departed.filter(({ symbol }) => !matched.has(symbol));
  const undecided = arrived.filter(
    (newcomer) =>
      !matched.has(newcomer.symbol) &&
      (newcomer.marketCapUsd ?? 0) <= 0 &&
      open.some((each) => mayBeSame(each, newcomer, sessionBefore(newcomer.firstSession))),
  );
  return {
    renames,
    probable,
    undecided: new Set([...none.undecided, ...undecided.map(({ symbol }) => symbol), ...probable.map(({ to }) => to)]),
    probablyGone: new Set([...none.probablyGone, ...probable.map(({ from }) => from)]),
  };
}

/** What open exceptions leave undecided, also when the days in which renames are looked for have passed, and in a sync that looks for none. */
export function findOpen(lookup: Pick<SecurityLookup, 'decisions' | 'find'>, session: SessionDate): FoundRenames {
  const open = lookup.decisions.filter(({ kind, isSame }) => kind === 'RENAME' && isSame === null);
  const isGone = ({ other }: IdentityDecision): boolean => lookup.find(other)?.priceSession !== session;
  return {
    renames: [],
    probable: [],
    undecided: new Set(open.map(({ symbol }) => symbol)),
    probablyGone: new Set(open.filter(isGone).map(({ other }) => other)),
  };
}

function listArrived(lookup: SecurityLookup, past: Past, session: SessionDate): Arrived[] {
  const known = new Set(past.renamed.values());
  return [...past.arrivals].flatMap(([symbol, firstSession]): Arrived[] => {
    const security = known.has(symbol) ? undefined : lookup.find(symbol);
    if (security === undefined || security.priceSession !== session || !VALUED_TYPES.has(security.type)) return [];
    const { name, type, close, quotedMarketCapUsd } = security;
    const previousClose = firstSession === session ? security.quotedPreviousClose : null;
    return [
      {
        symbol,
        name,
        type,
        close,
        marketCapUsd: toCap(security) ?? quotedMarketCapUsd,
        previousClose,
        firstSession,
        figi: lookup.figiOf(symbol),
      },
    ];
  });
}

/** @param oldest earliest last session that counts */
function listDeparted(lookup: SecurityLookup, past: Past, oldest: SessionDate): Departed[] {
  return lookup.withoutBar.flatMap((symbol): Departed[] => {
    const security = lookup.find(symbol);
    const lastSession = (security?.priceSession ?? null) as SessionDate | null;
    if (security === undefined || lastSession === null) return [];
    if (!VALUED_TYPES.has(security.type) && !isWhenIssued(security)) return [];
    if (lastSession < oldest) return [];
    const { name, type, close } = security;
    const marketCapUsd = toCap(security) ?? findCap(past.figures, symbol);
    return [{ symbol, name, type, close, marketCapUsd, lastSession, figi: lookup.figiOf(symbol) }];
  });
}

/** A price further away than this is not taken for that of the same security, while nothing else is known. */
const MAX_PRICE_RATIO = 1.5;

function mayBeSame(departed: Departed, { type, close }: Arrived, before: SessionDate): boolean {
  if (departed.lastSession !== before || departed.type !== type) return false;
  if (departed.close === null || close === null || departed.close <= 0 || close <= 0) return false;
  return Math.max(departed.close / close, close / departed.close) <= MAX_PRICE_RATIO;
}

/**
 * What was known of the former tickers, under the ones of this session.
 *
 * Edges: a former ticker with a bar in the session is another security, and inherits nothing; neither does a ticker that another company has
 *        taken.
 * @param taken tickers that another company has taken without a break
 */
export function carryPast(
  past: Past,
  renames: readonly Rename[],
  taken: readonly string[],
  lookup: SecurityLookup,
  session: SessionDate,
): Past {
  const isOther = (symbol: string): boolean => lookup.find(symbol)?.priceSession === session;
  const others = new Set([...past.renamed.keys()].filter(isOther));
  const renamed = new Map([...past.renamed].filter(([from]) => !others.has(from)));
  for (const { from, to } of renames) renamed.set(from, to);
  const figures = carryFigures(past.figures, renames, new Set([...others, ...taken]));
  if (renamed.size === 0) return { ...past, renamed, figures };
  const tickerSince = new Map(past.tickerSince);
  for (const { to, firstSession } of renames) tickerSince.set(to, firstSession);
  const isNew = new Set(renames.map(({ to }) => to));
  const newListings = new Map([...past.newListings].filter(([symbol]) => !isNew.has(symbol) && !renamed.has(symbol)));
  for (const [symbol, listing] of past.newListings) {
    if (renamed.has(symbol)) newListings.set(toCurrent(symbol, renamed), listing);
  }
  return { ...past, newListings, renamed, tickerSince, figures };
}

/**
 * Tickers that another company has taken: the source marks a first trading day, and the ticker was valued in the session before.
 *
 * Edges: a security that trades under a new ticker has none of its own before.
 */
export function findTaken({ firstDays }: SecurityLookup, { figures }: Past, renames: readonly Rename[]): string[] {
  const renamed = new Set(renames.map(({ to }) => to));
  return firstDays.filter((symbol) => !renamed.has(symbol) && findIndex(figures.symbols, symbol) >= 0);
}

/** The ticker that a security has now, after any number of changes. */
export function toCurrent(symbol: string, renamed: ReadonlyMap<string, string>): string {
  let current = symbol;
  // Bounded, because two tickers may have been exchanged.
  for (let step = 0; step < renamed.size; step += 1) {
    const next = renamed.get(current);
    if (next === undefined || next === symbol) break;
    current = next;
  }
  return current;
}

/** The membership before the session, by today's tickers. */
export function carryMembership(
  membership: PastMembership,
  renames: readonly Rename[],
  taken: readonly string[],
): PastMembership {
  if (renames.length + taken.length === 0) return membership;
  return {
    ...membership,
    membersOf: (universe) => {
      const members = new Map(membership.membersOf(universe));
      for (const { from, to } of renames) {
        const since = members.get(from);
        if (since !== undefined && members.delete(from)) members.set(to, since);
      }
      for (const symbol of taken) members.delete(symbol);
      return members;
    },
  };
}

/** The former tickers keep theirs: where the session is held, the next one looks for the rename again. */
function carryFigures(figures: PastFigures, renames: readonly Rename[], others: ReadonlySet<string>): PastFigures {
  if (renames.length === 0 && others.size === 0) return figures;
  const formerOf = new Map(renames.map(({ from, to }) => [to, from]));
  const toOf = new Map(renames.map(({ from, to }) => [from, to]));
  const isReplaced = (symbol: string): boolean => formerOf.has(symbol) || others.has(symbol);
  const own = figures.symbols.flatMap((symbol, index) => (isReplaced(symbol) ? [] : [{ symbol, index }]));
  const carried = Array.from(formerOf, ([symbol, from]) => ({ symbol, index: findIndex(figures.symbols, from) }));
  const rows = [...own, ...carried.filter(({ index }) => index >= 0)];
  rows.sort((left, right) => (left.symbol < right.symbol ? -1 : 1));
  const carry = <Value>(bySymbol: ReadonlyMap<string, Value>): Map<string, Value> => {
    const kept = new Map([...bySymbol].filter(([symbol]) => !isReplaced(symbol)));
    for (const [to, from] of formerOf) {
      const value = bySymbol.get(from);
      if (value !== undefined) kept.set(to, value);
    }
    return kept;
  };
  return {
    symbols: rows.map(({ symbol }) => symbol),
    capsUsd: rows.map(({ index }) => figures.capsUsd[index] ?? null),
    closes: rows.map(({ index }) => figures.closes[index] ?? null),
    suspects: carry(figures.suspects),
    countsSince: carry(figures.countsSince),
    formerCounts: carry(figures.formerCounts),
    turnoverDays: figures.turnoverDays,
    leads: new Set([...figures.leads].flatMap((symbol) => (isReplaced(symbol) ? [] : [toOf.get(symbol) ?? symbol]))),
  };
}

/** As stated: while a figure is suspect, the original one. */
function findCap({ symbols, capsUsd, suspects }: PastFigures, symbol: string): number | null {
  return suspects.get(symbol)?.rawCapUsd ?? capsUsd[findIndex(symbols, symbol)] ?? null;
}

function toCap({ close, sharesOutstanding }: Security): number | null {
  return close !== null && sharesOutstanding !== null && sharesOutstanding > 0 ? close * sharesOutstanding : null;
}

/** In a list ascending by code unit; -1: it is not in it. */
export function findIndex(sorted: readonly string[], symbol: string): number {
  let [low, high] = [0, sorted.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = sorted[middle] ?? '';
    if (found === symbol) return middle;
    if (found < symbol) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
