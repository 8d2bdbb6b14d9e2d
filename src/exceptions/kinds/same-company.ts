import { formatUsdPair } from '../../core/format-usd.js';
import { recordDecision, refuseRatio } from '../record-decision.js';
import type { ExceptionKind } from '../kind.js';

/** USD. In the form it is stored. */
export interface CompanyEvidenceFigures {
  readonly market_cap_usd: number;
  readonly other_market_cap_usd: number;
}

/** Two stocks with the same name may be classes of one company. */
export const sameCompany: ExceptionKind = {
  id: 'SAME_COMPANY',
  describe({ symbol, other, name, state, evidence }) {
    const { market_cap_usd: cap, other_market_cap_usd: otherCap } = evidence as unknown as CompanyEvidenceFigures;
    const [ours, theirs] = formatUsdPair(cap, otherCap);
    return {
      subject: `${symbol} and ${other}`,
      message: `${symbol} and ${other} have the same name${name === null ? '' : ` (${name})`}, but market caps of ${ours} and ${theirs}`,
      meanwhile: {
        open: 'they count as two companies',
        approved: 'they count as classes of one company',
        rejected: 'they count as two companies',
        superseded: 'another session or other evidence has settled it',
      }[state],
      onApprove: `${symbol} and ${other} are classes of one company`,
      onReject: 'they are two companies',
      undecided: 'it stays open, and they count as two companies',
      next: 'it takes effect with the next cache sync: tickstock run --phase cache-sync',
    };
  },
  propose: () => null,
  async decide({ database }, exception, decision) {
    refuseRatio(exception, decision);
    await recordDecision(database, exception, decision);
  },
};
