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

/** How a security's bar compares with the one before, in one number. */
const [HAS_PREVIOUS, HAS_TODAY, IS_UNCHANGED, IS_QUOTED, AGREES] = [1, 2, 4, 8, 16];

/** Closes agree within half a cent, or 0.05 % of the price: sources round what they adjust for dividends. */
export const agree = (quoted: string, close: string): string =>
  `abs(${quoted} - ${close}) <= greatest(0.0051, 0.0005 * ${close})`;

/** SQL for the number that `measureBars` takes, of the closes of the session and the one before and of what the source says the latter was. */
export function compareBars(today: string, previous: string, quoted: string): string {
  return `case when ${previous} is null then 0 else ${HAS_PREVIOUS} end
          + case when ${today} is null then 0 else ${HAS_TODAY} end
          + case when ${today} = ${previous} then ${IS_UNCHANGED} else 0 end
          + case when ${today} is null or ${previous} is null or ${quoted} is null then 0
                 when ${quoted} = ${previous} or ${agree(quoted, previous)} then ${IS_QUOTED + AGREES} else ${IS_QUOTED} end`;
}

/**
 * Counts a session's bars by exchange.
 *
 * Shape: lists in step, one entry a security; `compared` as `compareBars` gives it. Exchanges ascending, those of now in both sessions: a symbol that
 *        moved counts as one that stayed.
 * Edges: previous closes are compared with the session before alone (`countEarlier` does the rest). Volumes that are not numbers come last.
 */
export function measureBars({
  previousSession,
  exchanges,
  volumes,
  compared,
  barCount,
}: {
  readonly previousSession: SessionDate | null;
  readonly exchanges: readonly (string | null)[];
  readonly volumes: readonly unknown[];
  readonly compared: readonly number[];
  /** Bars of the two sessions, of any symbol. */
  readonly barCount: number;
}): BarMeasures {
  const byName = new Map<string, Uint32Array>();
  // Names are made upper case once an exchange, not once a security.
  const byExchange = new Map<string | null, Uint32Array>();
  const startCounting = (exchange: string | null): Uint32Array => {
    const name = (exchange ?? '').toUpperCase();
    const counted = byName.get(name) ?? new Uint32Array(2 * AGREES);
    byName.set(name, counted);
    byExchange.set(exchange, counted);
    return counted;
  };
  const traded = new Float64Array(compared.length);
  let tradedCount = 0;
  for (let index = 0; index < compared.length; index += 1) {
    const code = compared[index] ?? 0;
    if (code === 0) continue;
    const exchange = exchanges[index] ?? null;
    const counted = byExchange.get(exchange) ?? startCounting(exchange);
    counted[code] = (counted[code] ?? 0) + 1;
    const volume = volumes[index] ?? null;
    if ((code & HAS_TODAY) !== 0 && volume !== null) traded[tradedCount++] = Number(volume);
  }
  const ascending = traded.subarray(0, tradedCount).sort();
  const measures = Array.from(byName, ([exchange, counted]) => toMeasure(exchange, counted, previousSession !== null));
  return {
    previousSession,
    exchanges: measures.sort(compareExchanges),
    medianVolume: ascending[(tradedCount - 1) >> 1] ?? null,
    unlistedBars: measures.reduce((rest, { bars, previousBars }) => rest - bars - (previousBars ?? 0), barCount),
  };
}

export function compareExchanges(left: ExchangeMeasure, right: ExchangeMeasure): number {
  return left.exchange < right.exchange ? -1 : 1;
}

function toMeasure(exchange: string, counted: Uint32Array, hasPrevious: boolean): ExchangeMeasure {
  const count = (bits: number): number =>
    counted.reduce((sum, times, code) => ((code & bits) === bits ? sum + times : sum), 0);
  return {
    exchange,
    bars: count(HAS_TODAY),
    previousBars: hasPrevious ? count(HAS_PREVIOUS) : null,
    compared: count(HAS_TODAY | HAS_PREVIOUS),
    unchanged: count(IS_UNCHANGED),
    withPreviousClose: count(IS_QUOTED),
    matching: count(AGREES),
    withEarlierClose: 0,
    matchingEarlier: 0,
  };
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
