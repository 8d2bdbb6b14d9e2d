import type { Doubt } from '../../../src/exceptions/write-doubts.js';
import { isGone, type Market, type Valued } from '../valuation/market.js';
import type { CapDoubt } from '../valuation/cap-beliefs.js';
import type { SecurityLookup } from '../valuation/renames.js';

/** What a session leaves to a person: probable renames, stocks that may be classes of one company, market caps that are not believed. */
export function listDoubts(market: Market, { moves }: Pick<SecurityLookup, 'moves'>): Doubt[] {
  const { session, probableRenames, companyDoubts, securities } = market;
  const renames = probableRenames.map(
    ({ from, to, lastSession, firstSession, reason, evidence, formerCapUsd }): Doubt => ({
      kind: 'RENAME',
      symbol: to,
      other: from,
      session: firstSession,
      reason,
      evidence: {
        last_session: lastSession,
        former_name: securities.get(from)?.name ?? null,
        former_market_cap_usd: formerCapUsd,
        market_cap_usd: securities.get(to)?.marketCapUsd ?? null,
        shares_ratio: evidence.sharesRatio,
        close_ratio: evidence.closeRatio,
      },
    }),
  );
  const companies = companyDoubts.map(({ symbol, other, marketCapUsd, otherMarketCapUsd }): Doubt => ({
    kind: 'SAME_COMPANY',
    symbol,
    other,
    session,
    reason: 'SAME_NAME',
    evidence: { market_cap_usd: marketCapUsd, other_market_cap_usd: otherMarketCapUsd },
  }));
  const isAsked = (symbol: string): boolean => moves.get(symbol)?.some(({ state }) => state === 'open') ?? false;
  return [...renames, ...companies, ...listCaps(market, isAsked)];
}

/** USD. A smaller one is flagged, and changes no list that many look at. */
const MIN_CAP_USD = 1e9;

/** Sessions of suspicion before a person is asked: most figures are right again by then, a share count after a split in five. */
const ASK_AFTER: Readonly<Record<CapDoubt, number>> = {
  SHARE_COUNT: 1,
  SPLIT_LAG: 5,
  PRICE_MOVE: 0,
  FIRST_FIGURE: 0,
  WITHDRAWN: 1,
};

/** @param isAsked whether an exception about its price is open, which settles the market cap as well */
function* listCaps({ securities, session }: Market, isAsked: (symbol: string) => boolean): Generator<Doubt> {
  for (const security of securities.values()) {
    const { symbol, doubt, suspectSessions, rawCapUsd, marketCapUsd, close } = security;
    if (doubt === null || rawCapUsd === null || close === null || suspectSessions <= ASK_AFTER[doubt]) continue;
    if (!isStockOrReceipt(security) || Math.max(rawCapUsd, marketCapUsd ?? 0) < MIN_CAP_USD || isAsked(symbol))
      continue;
    // A withdrawn figure is that of another close.
    const countedUsd = doubt === 'WITHDRAWN' ? (marketCapUsd ?? rawCapUsd) : rawCapUsd;
    yield {
      kind: 'MARKET_CAP',
      symbol,
      other: null,
      session,
      reason: doubt,
      evidence: {
        market_cap_usd: rawCapUsd,
        used_cap_usd: marketCapUsd,
        close,
        shares: countedUsd / close,
        used_shares: marketCapUsd === null ? null : marketCapUsd / close,
        suspect_sessions: suspectSessions,
      },
    };
  }
}

function isStockOrReceipt({ type, exclusion }: Valued): boolean {
  return (type === 'CS' || type === 'ADRC') && !isGone({ exclusion });
}
