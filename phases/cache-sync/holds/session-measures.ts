import type { SessionDate } from '../../../src/core/session.js';

/** Bars of one exchange in a session, compared with those of the previous session. Counts of symbols. */
export interface ExchangeMeasure {
  /** Upper case; empty where `symbols` has none. */
  readonly exchange: string;
  readonly bars: number;
  /** In the previous session; null when there is none. */
  readonly previousBars: number | null;
  /** Symbols with a bar in both sessions, and those of them with an unchanged close. */
  readonly compared: number;
  readonly unchanged: number;
  /** Symbols with a previous close from the source and a bar in the previous session; and those of them where the two agree. */
  readonly withPreviousClose: number;
  readonly matching: number;
  /** Shares, over its symbols with a bar; null without any. */
  readonly medianVolume: number | null;
  /** The same for the session before the previous one; 0 where the previous closes did not require the comparison. */
  readonly withEarlierClose: number;
  readonly matchingEarlier: number;
  /** Closes equal to those of one of the five sessions before the previous one, of which the most are; 0 as above. */
  readonly repeatedEarlier: number;
  /** Previous closes that are the close of the session itself: no change is stated; 0 as above. */
  readonly flat: number;
}

/** The counts of a session that is compared with the previous one alone. */
export const NOT_COMPARED_EARLIER = { withEarlierClose: 0, matchingEarlier: 0, repeatedEarlier: 0, flat: 0 } as const;

/** Measures of the bars of a session; written to `pipeline.session_stats` as the usual values of later sessions. */
export interface SessionMeasures {
  /** The newest earlier session with bars. */
  readonly previousSession: SessionDate | null;
  /** Whether the previous session of the calendar has no bars at all. */
  readonly isPreviousMissing: boolean;
  /** Whether the previous session was held as a whole and is still held: neither approved nor lifted. */
  readonly wasPreviousHeld: boolean;
  readonly exchanges: readonly ExchangeMeasure[];
  /** Parts of the feed that were a day late in the previous session, and are in this one: exchanges, and an empty name for the whole feed. */
  readonly lateBefore: ReadonlySet<string>;
  readonly late: ReadonlySet<string>;
  /** Shares, the median over all listed symbols with a bar; null without any. */
  readonly medianVolume: number | null;
  /** The same for earlier sessions, newest first, without early closes and held sessions; by exchange, an empty name for all symbols. */
  readonly usualVolumes: ReadonlyMap<string, readonly number[]>;
  /** Bars of the newest earlier session that is not held; by exchange, an empty name for all symbols. */
  readonly trustedBars: ReadonlyMap<string, number>;
}

export const NO_MEASURES: SessionMeasures = {
  previousSession: null,
  isPreviousMissing: true,
  wasPreviousHeld: false,
  lateBefore: new Set(),
  late: new Set(),
  exchanges: [],
  medianVolume: null,
  usualVolumes: new Map(),
  trustedBars: new Map(),
};

/** Measures from the bars of the session and of the previous one. */
export interface BarMeasures extends Pick<SessionMeasures, 'previousSession' | 'exchanges' | 'medianVolume'> {
  /** Bars of both sessions whose symbols are not listed, and which are not counted above. */
  readonly unlistedBars: number;
}

/** Measures from earlier sessions: what is usual. */
export type UsualMeasures = Pick<SessionMeasures, 'wasPreviousHeld' | 'lateBefore' | 'usualVolumes' | 'trustedBars'>;

export function compareExchanges(left: ExchangeMeasure, right: ExchangeMeasure): number {
  return left.exchange < right.exchange ? -1 : 1;
}

/** The sum over all exchanges; a median has no sum. */
export function totalOf(exchanges: readonly ExchangeMeasure[]): ExchangeMeasure {
  const sum = (pick: (row: ExchangeMeasure) => number): number =>
    exchanges.reduce((total, row) => total + pick(row), 0);
  const hasPrevious = exchanges.some((row) => row.previousBars !== null);
  return {
    exchange: '',
    medianVolume: null,
    bars: sum((row) => row.bars),
    previousBars: hasPrevious ? sum((row) => row.previousBars ?? 0) : null,
    compared: sum((row) => row.compared),
    unchanged: sum((row) => row.unchanged),
    withPreviousClose: sum((row) => row.withPreviousClose),
    matching: sum((row) => row.matching),
    withEarlierClose: sum((row) => row.withEarlierClose),
    matchingEarlier: sum((row) => row.matchingEarlier),
    repeatedEarlier: sum((row) => row.repeatedEarlier),
    flat: sum((row) => row.flat),
  };
}
