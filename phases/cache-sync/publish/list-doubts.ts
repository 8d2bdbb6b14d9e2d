import type { IdentityDoubt } from '../../../src/exceptions/write-doubts.js';
import type { Market } from '../valuation/market.js';

/** What a session leaves to a person: probable renames, and stocks that may be classes of one company. */
export function listDoubts({ session, probableRenames, companyDoubts, securities }: Market): IdentityDoubt[] {
  const renames = probableRenames.map(
    ({ from, to, lastSession, firstSession, reason, evidence, formerCapUsd }): IdentityDoubt => ({
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
  const companies = companyDoubts.map(({ symbol, other, marketCapUsd, otherMarketCapUsd }): IdentityDoubt => ({
    kind: 'SAME_COMPANY',
    symbol,
    other,
    session,
    reason: 'SAME_NAME',
    evidence: { market_cap_usd: marketCapUsd, other_market_cap_usd: otherMarketCapUsd },
  }));
  return [...renames, ...companies];
}
