import type { CapEvidence, JudgedCap, JudgedSession } from '../../../../phases/cache-sync/valuation/cap-evidence.js';
import { judgeCap } from '../../../../phases/cache-sync/valuation/judge-cap.js';
import type { CapDoubt, Suspect } from '../../../../phases/cache-sync/valuation/cap-beliefs.js';
import type { PastFigures } from '../../../../phases/cache-sync/valuation/past.js';
import { NO_FIGURES } from '../../../../phases/cache-sync/valuation/past.js';
import type { PastFigure } from '../../../../phases/cache-sync/valuation/past-reader.js';
import type { KnownMove } from '../../../../phases/cache-sync/valuation/compare-prices.js';
import type { CapRules } from '../../../../phases/cache-sync/valuation/create-judge.js';
import { TradingCalendar } from '../../../../src/core/calendar.js';
import { parseSessionDate, type SessionDate } from '../../../../src/core/session.js';

/** As shipped. */
const LIMITS = {
  factor: 1.5,
  acceptAfterSessions: 5,
  largeCapUsd: 10e9,
  acceptLargeAfterSessions: 30,
  memorySessions: 60,
  withdrawnSessions: 20,
};

const calendar = new TradingCalendar();

export const CAP_RULES: CapRules = { ...LIMITS, calendar };

/** Two stocks in the session before, with closes of 10; other figures as given. */
export function figuresOf(figures: Partial<PastFigures>): PastFigures {
  return { ...NO_FIGURES, ...figures };
}

/** A figure of a session, and of the one before: 100 USD at a close of 10, quoted the same. Null: unknown. */
export interface CapCase {
  readonly capUsd?: number | null;
  readonly close?: number;
  readonly quoted?: number | null;
  readonly dollarVolumeUsd?: number | null;
  readonly pastCapUsd?: number | null;
  readonly pastClose?: number | null;
  readonly suspect?: { readonly rawCapUsd: number; readonly sessions: number; readonly doubt?: CapDoubt };
  readonly countSince?: SessionDate | null;
  readonly formerCounts?: PastFigure['formerCounts'];
  readonly moves?: readonly KnownMove[];
  readonly decisions?: CapEvidence['decisions'];
  readonly largestUsd?: number | null;
  readonly isNew?: boolean;
}

export const TODAY = parseSessionDate('2026-06-30');

export function judge({
  capUsd = 100,
  close = 10,
  quoted = 10,
  dollarVolumeUsd = null,
  pastCapUsd = 100,
  pastClose = 10,
  suspect,
  countSince = null,
  formerCounts = [],
  moves = [],
  decisions = [],
  largestUsd = 5e12,
  isNew = false,
}: CapCase): JudgedCap {
  const known: Suspect | undefined = suspect && { doubt: 'SHARE_COUNT', ...suspect };
  const past = isNew ? null : { capUsd: pastCapUsd, close: pastClose, suspect: known, countSince, formerCounts };
  const evidence = { capUsd, close, quotedPreviousClose: quoted, dollarVolumeUsd, past, moves, decisions };
  return judgeCap(evidence, LIMITS, dayOf(TODAY, largestUsd));
}

function dayOf(session: SessionDate, largestUsd: number | null): JudgedSession {
  return {
    session,
    before: calendar.previous(session),
    oldestMemory: calendar.previous(session, LIMITS.memorySessions),
    youngSince: calendar.previous(session, 20),
    largestUsd: () => largestUsd,
    turnoverDays: 130,
  };
}

/** One row of a feed; the quoted previous close is that of the row before where it is not given. */
export interface FeedRow {
  readonly close: number;
  readonly quoted?: number;
  readonly capUsd: number | null;
  readonly moves?: readonly KnownMove[];
}

/** Judges the sessions of one security in order, each by what the one before left. @returns the judged caps, oldest first */
export function judgeInOrder(rows: readonly FeedRow[], largestUsd: number | null = 5e12): JudgedCap[] {
  const judged: JudgedCap[] = [];
  let past: PastFigure | null = null;
  rows.forEach((row, index) => {
    const session = calendar.previous(TODAY, rows.length - index);
    const cap: JudgedCap = judgeCap(
      {
        capUsd: row.capUsd,
        close: row.close,
        quotedPreviousClose: row.quoted ?? rows[index - 1]?.close ?? row.close,
        dollarVolumeUsd: null,
        past,
        moves: row.moves ?? [],
        decisions: [],
      },
      LIMITS,
      dayOf(session, largestUsd),
    );
    const { rawCapUsd, doubt, suspectSessions: sessions } = cap;
    past = {
      capUsd: cap.capUsd,
      close: row.close,
      suspect: rawCapUsd === null || doubt === null ? undefined : { rawCapUsd, sessions, doubt },
      countSince: cap.countSince,
      formerCounts: cap.formerCounts,
    };
    judged.push(cap);
  });
  return judged;
}
