/** An indicator: a pure function of the closes of a symbol. */
export interface Formula {
  /** `daily_indicators.indicator_type`, for example `sma_20`. */
  readonly type: string;
  /** With fewer bars there is no value and no row. At most `WINDOW_SESSIONS`. */
  readonly minimumBars: number;
  /** How many of the newest closes decide the value; `Infinity`: all of them. */
  readonly lookback: number;
  /** @param closes USD, oldest first, all finite and above zero; at least `minimumBars`, at most `WINDOW_SESSIONS` */
  compute(closes: Float64Array): number;
}

/**
 * Number of sessions that a formula sees, the newest included.
 *
 * SMA 200 needs 200. RSI 14 depends on every earlier change, but after 260 bars the simple average it starts with has the weight
 * (13/14)^245, less than 1e-7: a longer history gives the same value.
 */
export const WINDOW_SESSIONS = 260;
