import type { TradingCalendar } from '../core/calendar.js';
import type { SessionDate } from '../core/session.js';
import type { AnnounceRestated } from '../securities/actions/corporate-actions.js';
import type { Database } from '../db/database.js';

/** An exception as it is stored. */
export interface StoredException {
  readonly id: number;
  readonly symbol: string;
  readonly name: string | null;
  /** The other ticker of an exception about two; null: it is about one. */
  readonly other: string | null;
  readonly session: SessionDate;
  readonly reason: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly proposal: unknown;
  readonly state: ExceptionState;
}

/** The same with its proposal as people read it. */
export interface ShownException extends Omit<StoredException, 'proposal'> {
  /** new:old shares that approving records; null: none can be proposed. */
  readonly proposal: string | null;
}

export type ExceptionState = 'open' | 'approved' | 'rejected' | 'superseded';

/** Who decides, and how. */
export interface ExceptionDecision {
  readonly by: string;
  readonly at: Date;
  readonly approves: boolean;
  /** new:old shares, of a price move. */
  readonly ratio?: string | undefined;
}

/** An exception in words. None of them ends with a full stop. */
export interface ExceptionTexts {
  /** The figures or tickers in a few characters. */
  readonly subject: string;
  /** What is doubted. */
  readonly message: string;
  /** What is used until it is decided; of a decided one what is used now. */
  readonly meanwhile: string;
  readonly onApprove: string;
  readonly onReject: string;
  /** What happens when nothing is decided. */
  readonly undecided: string;
  /** What makes a decision take effect. */
  readonly next: string;
}

/** One file of `kinds/`: what can be doubted, and what a decision about it does. */
export interface ExceptionKind {
  readonly id: 'PRICE_MOVE' | 'RENAME' | 'SAME_COMPANY' | 'MARKET_CAP';
  describe(exception: StoredException): ExceptionTexts;
  /** new:old shares that approving records; null: nothing to record. */
  propose(exception: StoredException): string | null;
  /**
   * Records a decision.
   * @throws EOD_EXCEPTION_SETTLED when it was decided meanwhile, EOD_ACTION_INVALID
   */
  decide(
    parts: {
      readonly database: Database;
      readonly calendar: TradingCalendar;
      readonly announce?: AnnounceRestated | undefined;
    },
    exception: ShownException,
    decision: ExceptionDecision,
  ): Promise<void>;
}
