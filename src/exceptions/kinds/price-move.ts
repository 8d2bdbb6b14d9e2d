import { PipelineError } from '../../core/errors.js';
import type { SessionDate } from '../../core/session.js';
import { addActions } from '../../securities/actions/corporate-actions.js';
import type { ExceptionKind, StoredException } from '../kind.js';

/** USD. In the form it is stored. */
interface PriceEvidence {
  readonly close: number;
  readonly previous_close: number;
  readonly previous_session: SessionDate;
  readonly quoted_previous_close: number | null;
}

/** A price moved like that of a split, and no action explains it. The action of a decision settles it (`addActions`). */
export const priceMove: ExceptionKind = {
  id: 'PRICE_MOVE',
  describe(exception) {
    const { reason, state } = exception;
    const evidence = toEvidence(exception);
    const proposal = priceMove.propose(exception);
    return {
      subject: `${evidence.previous_close} → ${evidence.close}`,
      message: describeMove(reason, evidence),
      meanwhile:
        state === 'open'
          ? 'indicators that these closes enter are null'
          : 'decided: indicators are computed by what was decided',
      onApprove: proposal === null ? 'records the ratio that you name' : `records ${proposal} (new:old shares)`,
      onReject: 'the price moved by itself',
      undecided: 'it stays open; indicators are back when the move is older than what they look at',
      next: 'indicators follow with the next run: tickstock run --phase indicators',
    };
  },
  propose({ proposal }) {
    const ratio = proposal as { readonly newShares: number; readonly oldShares: number } | null;
    return ratio === null ? null : `${ratio.newShares}:${ratio.oldShares}`;
  },
  async decide({ database, calendar, announce }, exception, { by, at, approves, ratio }) {
    const { id, symbol, session } = exception;
    const recorded = ratio ?? exception.proposal;
    if (approves && recorded === null) {
      throw new PipelineError('EOD_ACTION_INVALID', `no ratio can be proposed for exception ${id}`, {
        hint: `say it: \`tickstock exceptions approve ${id} --ratio 10:1\``,
      });
    }
    const action = approves ? { kind: 'split', ratio: recorded ?? '' } : { kind: 'none' };
    // The proposal is made from the closes; a ratio that a person names must explain them.
    const force = approves && ratio === undefined;
    await addActions(database, calendar, [{ symbol, session, ...action }], {
      by,
      at,
      source: 'person',
      force,
      announce,
    });
  },
};

function toEvidence({ evidence }: StoredException): PriceEvidence {
  return evidence as unknown as PriceEvidence;
}

function describeMove(reason: string, evidence: PriceEvidence): string {
  const { close, previous_close: before, previous_session: since, quoted_previous_close: quoted } = evidence;
  const moved = `the close went from ${before} (${since}) to ${close}`;
  if (reason === 'UNADJUSTED')
    return `${moved} at the usual dollar volume, and the source did not adjust the close before`;
  if (reason === 'GAP') return `${moved}, with a session between that is missing or not to be trusted`;
  if (reason === 'CONTRADICTED') return `${moved}, and the source quotes ${quoted} as the close before`;
  return `${moved}, and the source quotes ${quoted} as the close before: ${ratioOf(quoted, before)} times, which is no ratio of a split`;
}

function ratioOf(quoted: number | null, before: number): string {
  return quoted === null ? '–' : String(Number((quoted / before).toFixed(4)));
}
