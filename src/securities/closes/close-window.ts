import type { SessionDate } from '../../core/session.js';
import type { ShareChange } from '../actions/share-factors.js';
import type { TickerSpans } from '../identity/ticker-spans.js';

/** The closes of a symbol up to the session. */
export interface CloseSeries {
  readonly symbol: string;
  /** USD, oldest first, adjusted for splits to the shares of the newest day; days without a bar are left out. */
  readonly closes: Float64Array;
  /** Day of the newest close; null without any. */
  readonly priceSession: SessionDate | null;
  /** Why nothing can be computed from the closes; null when it can. */
  readonly defect: string | null;
  /** The newest unexplained move of the price; null without any. */
  readonly doubt: PriceDoubt | null;
}

/** A price that moved like that of a split, without a known action: closes before it cannot be compared with those after it. */
export interface PriceDoubt {
  readonly session: SessionDate;
  /** Number of the open exception. */
  readonly exception: number | null;
  /** Closes since then. */
  readonly bars: number;
}

/** What is known of securities besides their closes. */
export interface SecurityChanges {
  readonly tickers: TickerSpans;
  /** By present ticker. */
  readonly changes: ReadonlyMap<string, readonly ShareChange[]>;
  /** A ticker that comes back after so many sessions is another security. */
  readonly reuseAfterSessions: number;
}

/** The closes of many symbols, filled day by day: eight bytes per symbol and day. */
export class CloseWindow {
  private readonly slots: ReadonlyMap<string, number>;
  private readonly closes: Float64Array;
  private readonly lengths: Uint16Array;
  /** Number of the day of the newest close, from 1. */
  private readonly lastDays: Uint16Array;
  private day = 0;
  private readonly priceSessions: SessionDate[] = [];
  private readonly defects = new Map<number, string>();
  /** Changes that no close has been added after yet, by slot; sessions ascending. */
  private readonly pending = new Map<number, ShareChange[]>();
  /** 1: the slot has some; a lookup in the map for each of two million closes would take longer than all the rest. */
  private readonly hasPending: Uint8Array;
  private readonly doubts = new Map<number, { readonly change: ShareChange; readonly closesBefore: number }>();

  /** @param sessions the most days that are added */
  constructor(
    symbols: readonly string[],
    private readonly securities: SecurityChanges,
    private readonly sessions: number,
  ) {
    const { changes } = securities;
    this.hasPending = new Uint8Array(symbols.length);
    this.slots = new Map(symbols.map((symbol, slot) => [symbol, slot]));
    for (const [symbol, own] of changes) {
      const slot = this.slots.get(symbol);
      if (slot === undefined) continue;
      this.pending.set(slot, [...own]);
      this.hasPending[slot] = 1;
    }
    this.closes = new Float64Array(symbols.length * sessions);
    this.lengths = new Uint16Array(symbols.length);
    this.lastDays = new Uint16Array(symbols.length);
  }

  /**
   * Adds a day, later than those before; at most `sessions` of them. A close belongs to the security that had the ticker on that day.
   * @param text `SYMBOL U+001F CLOSE`, joined by U+001E; symbols that are not in the window are skipped
   */
  addDay(date: SessionDate, text: string): void {
    this.day += 1;
    let at = 0;
    while (at < text.length) {
      const separator = text.indexOf('\u001f', at);
      const found = text.indexOf('\u001e', separator);
      const end = found < 0 ? text.length : found;
      const slot = this.slots.get(this.securities.tickers.presentOf(text.slice(at, separator), date) ?? '');
      if (slot !== undefined) this.addClose(slot, date, text.slice(separator + 1, end));
      at = end + 1;
    }
  }

  /** Every symbol, including those without bars, in the given order. The closes are a view: read them before the next day is added. */
  *series(): Generator<CloseSeries> {
    for (const [symbol, slot] of this.slots) {
      const start = slot * this.sessions;
      yield {
        symbol,
        closes: this.closes.subarray(start, start + (this.lengths[slot] ?? 0)),
        priceSession: this.priceSessions[slot] ?? null,
        defect: this.defects.get(slot) ?? null,
        doubt: this.doubtOf(slot),
      };
    }
  }

  private addClose(slot: number, date: SessionDate, text: string): void {
    const close = Number(text);
    // After so long, the ticker is that of another security.
    if (this.day - (this.lastDays[slot] ?? 0) > this.securities.reuseAfterSessions) this.clear(slot);
    this.lastDays[slot] = this.day;
    if (!(close > 0 && close < Infinity))
      this.defects.set(slot, `the close of ${date} is ${text}; it must be above zero`);
    const length = this.lengths[slot] ?? 0;
    if (this.hasPending[slot] === 1) this.applyChanges(slot, date, length);
    this.closes[slot * this.sessions + length] = close;
    this.lengths[slot] = length + 1;
    this.priceSessions[slot] = date;
  }

  private clear(slot: number): void {
    this.lengths[slot] = 0;
    this.defects.delete(slot);
    this.doubts.delete(slot);
  }

  /** Adjusts the closes before a day for what happened up to it. */
  private applyChanges(slot: number, date: SessionDate, length: number): void {
    const pending = this.pending.get(slot) ?? [];
    const start = slot * this.sessions;
    for (let change = pending[0]; change !== undefined && change.session <= date; change = pending[0]) {
      pending.shift();
      if (length === 0) continue;
      if (change.factor === null) this.doubts.set(slot, { change, closesBefore: length });
      else
        for (let at = start; at < start + length; at += 1) this.closes[at] = (this.closes[at] ?? NaN) * change.factor;
    }
  }

  private doubtOf(slot: number): PriceDoubt | null {
    const doubt = this.doubts.get(slot);
    if (doubt === undefined) return null;
    const { change, closesBefore } = doubt;
    return {
      session: change.session,
      exception: change.exception,
      bars: (this.lengths[slot] ?? 0) - closesBefore,
    };
  }
}
