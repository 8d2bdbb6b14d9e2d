import type { UniversesConfig } from '../../../src/config/schema/index.js';
import { isOverSessions, type MeasureName, type SessionsMeasure } from '../../../src/core/ranking-measures.js';
import type { Market, Stock } from '../valuation/market.js';
import type { PastMeasure } from '../valuation/past-measures.js';

/** An entry of `rankings` with a measure. */
export type MeasuredRanking = UniversesConfig['rankings'][number] & { readonly measure: MeasureName };

/** Measures of the session alone. Units: USD, shares. */
const OF_SESSION: Readonly<Record<Exclude<MeasureName, SessionsMeasure>, (stock: Stock) => number | null>> = {
  marketCap: ({ marketCapUsd }) => marketCapUsd,
  dollarVolume: ({ dollarVolumeUsd }) => dollarVolumeUsd,
  volume: ({ volumeShares }) => volumeShares,
  price: ({ close }) => close,
};

/** A measure of closes. */
interface ClosesMeasure {
  /**
   * @param closes USD, oldest first, adjusted for splits, above zero; one more than `sessions`
   */
  compute(closes: Float64Array, sessions: number): number;
}

const TRADING_DAYS = 252;

/** Measures over several sessions. Units: percent. */
export const OF_CLOSES: Readonly<Record<SessionsMeasure, ClosesMeasure>> = {
  /** Of the price, without dividends. */
  return: {
    compute: (closes) => (lastOf(closes) / (closes[0] ?? NaN) - 1) * 100,
  },
  /** Standard deviation of daily log returns, of the sample, × √252. */
  volatility: {
    compute: (closes, sessions) => {
      const returns = Array.from({ length: sessions }, (_, at) =>
        Math.log((closes[at + 1] ?? NaN) / (closes[at] ?? NaN)),
      );
      const mean = returns.reduce((sum, each) => sum + each, 0) / sessions;
      const variance = returns.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (sessions - 1);
      return Math.sqrt(variance * TRADING_DAYS) * 100;
    },
  },
};

function lastOf(closes: Float64Array): number {
  return closes[closes.length - 1] ?? NaN;
}

/** The figure of a stock that a ranking orders by; null: it has none. */
export function measure(ranking: MeasuredRanking, stock: Stock, { pastMeasures, renames }: Market): number | null {
  const past = toPastMeasure(ranking);
  if (past !== null) return pastMeasures.valueOf(past, stock.symbol, renames.get(stock.symbol)?.from);
  return OF_SESSION[ranking.measure as keyof typeof OF_SESSION](stock);
}

/** The measure over several sessions of a ranking; null: it has none. */
export function toPastMeasure(ranking: UniversesConfig['rankings'][number]): PastMeasure | null {
  const { measure: name, sessions } = ranking;
  return name === undefined || sessions === undefined || !isOverSessions(name) ? null : { name, sessions };
}

/** Whether a ranking has a measure. */
export function isMeasured(ranking: UniversesConfig['rankings'][number]): ranking is MeasuredRanking {
  return ranking.measure !== undefined;
}
