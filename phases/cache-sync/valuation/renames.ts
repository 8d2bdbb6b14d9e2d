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
import type { KnownMove } from './compare-prices.js';
import type { CountDecision } from './cap-evidence.js';
import { isValuedType, type Security } from './market.js';
import { findIndex } from './past-reader.js';
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
    if (security === undefined || security.priceSession !== session || !isValuedType(security.type)) return [];
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
    const lastSession = (security?.seenSession ?? null) as SessionDate | null;
    if (security === undefined || lastSession === null) return [];
    if (!isValuedType(security.type) && !isWhenIssued(security)) return [];
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

/** As stated: while a figure is suspect, the original one. */
function findCap({ symbols, capsUsd, suspects }: PastFigures, symbol: string): number | null {
  return suspects.get(symbol)?.rawCapUsd ?? capsUsd[findIndex(symbols, symbol)] ?? null;
}

function toCap({ close, sharesOutstanding }: Security): number | null {
  return close !== null && sharesOutstanding !== null && sharesOutstanding > 0 ? close * sharesOutstanding : null;
}
