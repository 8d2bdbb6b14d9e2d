import { formatCount } from '../../core/format-count.js';
import { formatUsd, formatUsdPair } from '../../core/format-usd.js';
import type { ExceptionKind } from '../kind.js';
import { recordDecision, refuseRatio } from '../record-decision.js';

/** Share counts that differ by less are the same one. */
export const SAME_COUNT = 1.1;

/** USD. In the form it is stored. */
export interface CapEvidenceFigures {
  /** As the source states it; of a withdrawn one the last stated. */
  readonly market_cap_usd: number;
  /** The one that ranks; null: none. */
  readonly used_cap_usd: number | null;
  readonly close: number;
  /** Market cap by close: as stated, and as used. */
  readonly shares: number;
  readonly used_shares: number | null;
  readonly suspect_sessions: number;
}

/** A market cap is not believed: the price and what was believed before do not explain it. */
export const marketCap: ExceptionKind = {
  id: 'MARKET_CAP',
  describe({ reason, state, evidence }) {
    const figures = evidence as unknown as CapEvidenceFigures;
    const { market_cap_usd: stated, used_cap_usd: used } = figures;
    const [ours, theirs] = formatUsdPair(used, stated);
    return {
      subject: `${theirs}, used ${used === null ? 'none' : ours}`,
      message: describeDoubt(reason, figures),
      meanwhile: {
        open: used === null ? 'it has no market cap and no rank' : `it ranks with ${ours}, moved by the price`,
        approved: 'the stated share count is believed',
        rejected: 'the stated share count is not believed',
        superseded: 'the figures of a later session have settled it',
      }[state],
      onApprove: `a share count of ${formatCount(figures.shares)} is right`,
      onReject:
        reason === 'WITHDRAWN'
          ? 'it is wrong: there is no market cap'
          : 'it is wrong, for as long as the source states it',
      undecided:
        reason === 'WITHDRAWN'
          ? 'it has no market cap after the sessions of universes.suspectCaps'
          : 'it is believed when it has been consistent for the sessions of universes.suspectCaps',
      next: 'it takes effect with the next cache sync: tickstock run --phase cache-sync',
    };
  },
  propose: () => null,
  async decide({ database }, exception, decision) {
    refuseRatio(exception, decision);
    await recordDecision(database, exception, decision);
  },
};

function describeDoubt(reason: string, figures: CapEvidenceFigures): string {
  const { market_cap_usd: stated, used_cap_usd: used, shares, used_shares: usedShares } = figures;
  if (reason === 'WITHDRAWN') return `the source states no market cap any more; the last one was ${formatUsd(stated)}`;
  if (reason === 'FIRST_FIGURE')
    return `the first market cap, ${formatUsd(stated)}, is larger than every other one, or large for what is traded`;
  const [ours, theirs] = formatUsdPair(used, stated);
  const counts = `${formatCount(shares)} shares instead of ${usedShares === null ? '–' : formatCount(usedShares)}`;
  if (reason === 'SPLIT_LAG')
    return `the source states ${theirs}, not ${ours}: ${counts}, which has not followed a split`;
  if (reason === 'PRICE_MOVE')
    return `the source states ${theirs}, not ${ours}, after a price move that no action explains`;
  return `the source states ${theirs} where the price explains ${ours}: ${counts}`;
}
