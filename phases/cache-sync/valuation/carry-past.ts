import type { SessionDate } from '../../../src/core/session.js';
import type { Rename } from '../../../src/securities/renames/match-renames.js';
import type { PastMembership } from './market.js';
import { findIndex } from './past-reader.js';
import type { Past, PastFigures } from './past.js';
import type { SecurityLookup } from './renames.js';

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
