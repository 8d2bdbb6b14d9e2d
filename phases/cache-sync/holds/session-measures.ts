import type { SessionDate } from '../../../src/core/session.js';

/** Bars of one exchange in a session beside those of the session before. Counts of symbols. */
export interface ExchangeMeasure {
  /** Upper case; empty where `symbols` has none. */
  readonly exchange: string;
  readonly bars: number;
  /** In the session before; null when there is none. */
  readonly previousBars: number | null;
  /** Symbols with a bar in both sessions, and how many of those closed at the same price. */
  readonly compared: number;
  readonly unchanged: number;
  /** Symbols whose source gives a previous close and that have a bar in the session before; how many of the two agree. */
  readonly withPreviousClose: number;
  readonly matching: number;
  /** The same against the session before that one; 0 where the previous closes left nothing to ask. */
  readonly withEarlierClose: number;
  readonly matchingEarlier: number;
}

/** What a session's bars look like; written to `pipeline.session_stats` so that later sessions know what is usual. */
export interface SessionMeasures {
  /** The newest earlier session with bars. */
  readonly previousSession: SessionDate | null;
  /** Whether the calendar's session before has no bars at all. */
  readonly isPreviousMissing: boolean;
  /** Whether the session before was held as a whole, and still is: neither approved nor lifted. */
  readonly wasPreviousHeld: boolean;
  readonly exchanges: readonly ExchangeMeasure[];
  /** Shares, the median over all listed symbols with a bar; null without any. */
  readonly medianVolume: number | null;
  /** The same of the sessions before, newest first, early closes and held sessions left out. */
  readonly usualVolumes: readonly number[];
}

export const NO_MEASURES: SessionMeasures = {
  previousSession: null,
  isPreviousMissing: true,
  wasPreviousHeld: false,
  exchanges: [],
  medianVolume: null,
  usualVolumes: [],
};

/** What the session's own bars show, and those of the session before. */
export interface BarMeasures extends Pick<SessionMeasures, 'previousSession' | 'exchanges' | 'medianVolume'> {
  /** Bars of both sessions whose symbols are not listed, and which are not counted above. */
  readonly unlistedBars: number;
}

/** What earlier sessions say about what is usual. */
export type UsualMeasures = Pick<SessionMeasures, 'wasPreviousHeld' | 'usualVolumes'>;

export function compareExchanges(left: ExchangeMeasure, right: ExchangeMeasure): number {
  return left.exchange < right.exchange ? -1 : 1;
}

/** All exchanges together. */
export function totalOf(exchanges: readonly ExchangeMeasure[]): ExchangeMeasure {
  const sum = (pick: (row: ExchangeMeasure) => number): number =>
    exchanges.reduce((total, row) => total + pick(row), 0);
  const hasPrevious = exchanges.some((row) => row.previousBars !== null);
  return {
    exchange: '',
    bars: sum((row) => row.bars),
    previousBars: hasPrevious ? sum((row) => row.previousBars ?? 0) : null,
    compared: sum((row) => row.compared),
    unchanged: sum((row) => row.unchanged),
    withPreviousClose: sum((row) => row.withPreviousClose),
    matching: sum((row) => row.matching),
    withEarlierClose: sum((row) => row.withEarlierClose),
    matchingEarlier: sum((row) => row.matchingEarlier),
  };
}
