import type { UniversesConfig } from '../../../src/config/schema/index.js';
import type { SessionDate } from '../../../src/core/session.js';
import type { CapDoubt, FormerCount } from './cap-beliefs.js';
import type { KnownMove } from './compare-prices.js';
import type { PastFigure } from './past-reader.js';

export type SuspectLimits = UniversesConfig['suspectCaps'];

/** What a person said about a share count. */
export interface CountDecision {
  readonly shares: number;
  readonly isRight: boolean;
}

/** The figures of one security in this session, and what they are judged by. Money in USD. */
export interface CapEvidence {
  /** As stated; null: the source has withdrawn it. */
  readonly capUsd: number | null;
  readonly close: number;
  /** Of the source, adjusted for splits and dividends; null: it quotes none. */
  readonly quotedPreviousClose: number | null;
  readonly dollarVolumeUsd: number | null;
  /** Null: the security was not valued in the previous session. */
  readonly past: PastFigure | null;
  readonly moves: readonly KnownMove[];
  readonly decisions: readonly CountDecision[];
}

/** The session and its predecessors, for all securities. */
export interface JudgedSession {
  readonly session: SessionDate;
  /** The session before. */
  readonly before: SessionDate;
  /** Share counts left before this session are forgotten. */
  readonly oldestMemory: SessionDate;
  /** A share count believed since this session or a later one has not proved itself yet. */
  readonly youngSince: SessionDate;
  /** The largest market cap believed in the previous session; null: there is none. */
  readonly largestUsd: () => number | null;
  /** Market cap by dollar volume of all stocks in the previous session; null: unknown. */
  readonly turnoverDays: number | null;
}

/** The market cap to be used, and what later sessions need to judge theirs. */
export interface JudgedCap {
  /** Null: none is believed. */
  readonly capUsd: number | null;
  /** The figure as stated, where another one is used, or none. */
  readonly rawCapUsd: number | null;
  /** 0: it is believed. */
  readonly suspectSessions: number;
  readonly doubt: CapDoubt | null;
  readonly countSince: SessionDate | null;
  readonly formerCounts: readonly FormerCount[];
  /** The outcome of the judgement. */
  readonly outcome: 'none' | 'suspect' | 'cleared' | 'accepted';
}

/** No market cap, and nothing known of earlier ones. */
export const NOTHING: JudgedCap = {
  capUsd: null,
  rawCapUsd: null,
  suspectSessions: 0,
  doubt: null,
  countSince: null,
  formerCounts: [],
  outcome: 'none',
};
