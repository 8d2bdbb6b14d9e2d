import { formatUsd } from '../../core/format-usd.js';
import type { SessionDate } from '../../core/session.js';
import { recordDecision, refuseRatio } from '../record-decision.js';
import type { ExceptionKind } from '../kind.js';

/** Money in USD. In the form it is stored. */
export interface RenameDoubt {
  readonly last_session: SessionDate;
  readonly former_name: string | null;
  readonly former_market_cap_usd: number | null;
  readonly market_cap_usd: number | null;
  readonly shares_ratio: number | null;
  readonly close_ratio: number | null;
}

const REASONS: Readonly<Record<string, string>> = {
  SEVERAL_MATCH: 'and others match as well',
  OTHER_SHARE_COUNT: 'with an alike name and the same previous close, but another number of shares',
  OTHER_PRICE: 'with an alike name and about the same market cap, but another price',
  OTHER_NAME_AND_PRICE: 'with the same number of shares, but another name and price',
};

/** A ticker came on the evening another one left, and is probably the same security. */
export const rename: ExceptionKind = {
  id: 'RENAME',
  describe({ symbol, other, session, reason, state, evidence }) {
    const doubt = evidence as unknown as RenameDoubt;
    const was = [
      doubt.former_name,
      doubt.former_market_cap_usd === null ? null : formatUsd(doubt.former_market_cap_usd),
    ];
    return {
      subject: `${other} → ${symbol}`,
      message: `${symbol} came when ${other} (${was.filter((part) => part !== null).join(', ')}) left after ${doubt.last_session}, ${REASONS[reason] ?? reason}`,
      meanwhile: {
        open: `${symbol} is no new listing, and ${other} is a member of nothing`,
        approved: `${symbol} is the security that was ${other}`,
        rejected: `${symbol} is another security than ${other}`,
        superseded: 'another session or other evidence has settled it',
      }[state],
      onApprove: `${other} and ${symbol} are one security`,
      onReject: `${symbol} is another security, and a new listing where its date says so`,
      undecided: 'it stays open, and they stay two securities',
      next: `it takes effect when the session is computed again: tickstock backfill --from ${session}`,
    };
  },
  propose: () => null,
  async decide({ database }, exception, decision) {
    refuseRatio(exception, decision);
    await recordDecision(database, exception, decision);
  },
};
