import type { ThemeConfig } from '../../../src/config/schema/index.js';
import type { SessionDate } from '../../../src/core/session.js';
import { listNotations } from '../../../src/core/ticker-notation.js';
import { isGone, type Market, type Valued } from '../valuation/market.js';
import { toCurrent } from '../valuation/carry-past.js';
import { compareStocks } from '../valuation/value-stocks.js';

/** A member of a theme, and why it is one; null: only by the minimum stay. */
export interface ThemeMember {
  readonly security: Valued;
  readonly reason: 'THEME_PINNED' | 'THEME_LISTED' | 'THEME_RULE_IN' | null;
}

/** Order of precedence: when a theme is full, candidates with a larger number are dropped first. */
interface Candidate extends ThemeMember {
  readonly precedence: 0 | 1 | 2;
}

/**
 * The members of a theme: pinned stocks, listed ones, those that meet its rules, and recent members; market cap descending.
 *
 * Shape:  `byRule` are the securities that meet the rules, in any order; `before` the members before this session → since when.
 * Edges:  exclusions take precedence. It is unknown which of `before` joined by the rules: in a theme with rules every member stays for
 *         `minStaySessions`, also one that was removed from `symbols`; in a theme without rules there is no minimum stay. In a theme with
 *         `maxSize` the pinned stay, then recent members, then the largest: if a new member could displace one of the session before, the
 *         two would alternate at the cut-off, which the minimum stay is there to prevent.
 */
export function pickThemeMembers(
  theme: ThemeConfig,
  byRule: readonly Valued[],
  before: ReadonlyMap<string, SessionDate>,
  market: Market,
): ThemeMember[] {
  const isStaying = ({ symbol }: Valued): boolean => {
    const since = before.get(symbol);
    return since !== undefined && market.past.sessionsSince(since) < theme.minStaySessions;
  };
  const excluded = new Set(theme.exclusions.flatMap((symbol) => listCurrent(symbol, market)));
  const candidates = new Map<string, Candidate>();
  const add = (securities: readonly Valued[], reason: ThemeMember['reason']): void => {
    for (const security of securities) {
      if (excluded.has(security.symbol) || candidates.has(security.symbol)) continue;
      const precedence = reason === 'THEME_PINNED' ? 0 : isStaying(security) ? 1 : 2;
      candidates.set(security.symbol, { security, reason, precedence });
    }
  };
  add(findShares(theme.pins, market), 'THEME_PINNED');
  add(findShares(theme.symbols, market), 'THEME_LISTED');
  add(byRule, 'THEME_RULE_IN');
  add(findShares(before.keys(), market).filter(isStaying), null);
  return limitSize([...candidates.values()], theme.maxSize);
}

/** A listed stock or depositary receipt; its market cap may be unknown. */
export function isShare({ type, exclusion }: Valued): boolean {
  return (type === 'CS' || type === 'ADRC') && exclusion !== 'NOT_LISTED_YET' && !isGone({ exclusion });
}

function findShares(symbols: Iterable<string>, market: Market): Valued[] {
  return Array.from(symbols).flatMap((symbol) => {
    const found = listCurrent(symbol, market).map((current) => market.securities.get(current));
    const share = found.find((security) => security !== undefined && isShare(security));
    return share === undefined ? [] : [share];
  });
}

/** A listed ticker that was changed since is the security under its present one, and a share class is the same in the notation of any feed. */
function listCurrent(symbol: string, { renamed }: Market): string[] {
  return listNotations(symbol).map((each) => toCurrent(each, renamed));
}

function limitSize(candidates: readonly Candidate[], maxSize = Infinity): Candidate[] {
  const bySize = (left: Candidate, right: Candidate): number => compareStocks(left.security, right.security);
  if (candidates.length <= maxSize) return candidates.toSorted(bySize);
  return candidates
    .toSorted((left, right) => left.precedence - right.precedence || bySize(left, right))
    .slice(0, maxSize)
    .sort(bySize);
}
