import type { SessionDate } from '../../../src/core/session.js';
import { agree } from '../../../src/securities/closes-agree.js';
import {
  compareExchanges,
  NOT_COMPARED_EARLIER,
  type BarMeasures,
  type ExchangeMeasure,
} from '../holds/session-measures.js';

/** Bits of the code that compares a security's bar with the previous one. */
const [HAS_PREVIOUS, HAS_TODAY, IS_UNCHANGED, IS_QUOTED, AGREES] = [1, 2, 4, 8, 16];

/** SQL of the code that `measureBars` counts, from the closes of the session and the previous one and the quoted previous close. */
export function compareBars(today: string, previous: string, quoted: string): string {
  return `case when ${previous} is null then 0 else ${HAS_PREVIOUS} end
          + case when ${today} is null then 0 else ${HAS_TODAY} end
          + case when ${today} = ${previous} then ${IS_UNCHANGED} else 0 end
          + case when ${today} is null or ${previous} is null or ${quoted} is null then 0
                 when ${quoted} = ${previous} or ${agree(quoted, previous)} then ${IS_QUOTED + AGREES} else ${IS_QUOTED} end`;
}

/**
 * Counts the bars of a session by exchange.
 *
 * Shape: parallel lists, one entry per security; `compared` as `compareBars` computes it. Exchanges ascending, the current ones for both
 *        sessions: a symbol that moved counts under its new exchange.
 * Edges: previous closes are compared with the previous session only (`countEarlier` does the rest). Volumes that are not numbers sort
 *        last.
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
  /** Bars of the two sessions, of all symbols. */
  readonly barCount: number;
}): BarMeasures {
  const byName = new Map<string, CountedBars>();
  // Names are converted to upper case once per exchange, not once per security.
  const byExchange = new Map<string | null, CountedBars>();
  const startCounting = (exchange: string | null): CountedBars => {
    const name = (exchange ?? '').toUpperCase();
    const own = byName.get(name) ?? { counted: new Uint32Array(2 * AGREES), volumes: [] };
    byName.set(name, own);
    byExchange.set(exchange, own);
    return own;
  };
  const traded = new Float64Array(compared.length);
  let tradedCount = 0;
  for (let index = 0; index < compared.length; index += 1) {
    const code = compared[index] ?? 0;
    if (code === 0) continue;
    const exchange = exchanges[index] ?? null;
    const own = byExchange.get(exchange) ?? startCounting(exchange);
    own.counted[code] = (own.counted[code] ?? 0) + 1;
    const volume = volumes[index] ?? null;
    if ((code & HAS_TODAY) === 0 || volume === null) continue;
    traded[tradedCount++] = Number(volume);
    own.volumes.push(Number(volume));
  }
  const measures = Array.from(byName, ([exchange, counted]) => toMeasure(exchange, counted, previousSession !== null));
  return {
    previousSession,
    exchanges: measures.sort(compareExchanges),
    medianVolume: lowerMedian(traded.subarray(0, tradedCount)),
    unlistedBars: measures.reduce((rest, { bars, previousBars }) => rest - bars - (previousBars ?? 0), barCount),
  };
}

interface CountedBars {
  /** By the code of `compareBars`. */
  readonly counted: Uint32Array;
  readonly volumes: number[];
}

function lowerMedian(values: Float64Array): number | null {
  return values.sort()[(values.length - 1) >> 1] ?? null;
}

function toMeasure(exchange: string, { counted, volumes }: CountedBars, hasPrevious: boolean): ExchangeMeasure {
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
    medianVolume: lowerMedian(Float64Array.from(volumes)),
    ...NOT_COMPARED_EARLIER,
  };
}
