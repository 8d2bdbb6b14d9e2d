import { toCurrent } from '../valuation/carry-past.js';
import { isGone, type Market } from '../valuation/market.js';
import type { UniverseIdentity, UniverseRule } from '../universes/rule.js';
import { toUniverseName } from '../universes/select-universes.js';

/** A universe published before. */
interface FormerUniverse extends UniverseIdentity {
  readonly symbols: readonly string[];
  readonly seen?: readonly string[];
  readonly isRetired: boolean;
}

/** The reason of a removal: every member of a list of one part of the market belongs to another part now, or is gone. */
const MEMBERS_ELSEWHERE = { reason: 'MEMBERS_ELSEWHERE', by: 'market' } as const;

/**
 * Whether its members explain why a universe is not selected any more.
 *
 * Edges: where more of them vanish than are left, the names of the parts have changed, or the feed is broken: a person decides.
 */
export function explainAbsence(
  rule: UniverseRule | undefined,
  absent: FormerUniverse,
  { open, selected }: { readonly open: readonly FormerUniverse[]; readonly selected: ReadonlySet<string> },
  market: Market,
): typeof MEMBERS_ELSEWHERE | null {
  const partOf = rule?.partOf;
  if (rule === undefined || partOf === undefined) return null;
  // Those that began in this session do not count: a partial sync may have begun them, and the full one must decide the same.
  const own = open.filter(
    (universe) => !universe.isRetired && universe.symbols.length > 0 && rule.matchesUniverse(universe),
  );
  const absents = own.filter((universe) => !selected.has(toUniverseName(universe)));
  if (absents.length * 2 > own.length) return null;
  const isElsewhere = (symbol: string): boolean => {
    const security = market.securities.get(toCurrent(symbol, market.renamed));
    return isGoneIn(market, symbol) || (security?.exclusion === null && partOf(security) !== null);
  };
  // Those of an earlier publish of the session, too: readers see them.
  const had = [...absent.symbols, ...(absent.seen ?? [])];
  return had.length > 0 && had.every(isElsewhere) ? MEMBERS_ELSEWHERE : null;
}

/** Whether a member was found delisted, or has another ticker; one that merely disappeared from `symbols` does not count. */
export function isGoneIn({ securities }: Market, symbol: string): boolean {
  const security = securities.get(symbol);
  return security !== undefined && isGone(security);
}

/** Members before, also those of an earlier publish of the session. */
export function listHad(before: FormerUniverse | undefined): readonly string[] {
  if (before === undefined) return [];
  return before.symbols.length > 0 ? before.symbols : (before.seen ?? []);
}
