import { identifyingWords } from './alike-names.js';
import type { SessionDate } from '../../core/session.js';

/** A ticker without a bar since a session, as it was last seen. Money in USD; unknown figures null. */
export interface Departed {
  readonly symbol: string;
  readonly name: string | null;
  readonly type: string | null;
  /** As traded, on `lastSession`. */
  readonly close: number | null;
  /** Of the same session, as stated. */
  readonly marketCapUsd: number | null;
  readonly lastSession: SessionDate;
  /** Null: unknown. */
  readonly figi: string | null;
}

/** A ticker that was never seen before `firstSession`, with its bar and quote of this session. */
export interface Arrived {
  readonly symbol: string;
  readonly name: string | null;
  readonly type: string | null;
  readonly close: number | null;
  readonly marketCapUsd: number | null;
  /** As the source quotes it for the first session; null when it marks a first day, or when that session is past. */
  readonly previousClose: number | null;
  readonly firstSession: SessionDate;
  /** Null: unknown. */
  readonly figi: string | null;
}

/** A cap is whole dollars, so that the implied counts of one security agree to more digits than this; those of two rarely do. */
export const SHARES_TOLERANCE = 1e-4;

/** Departed securities by what a newcomer may share with them: comparing each with each takes minutes where a feed changes every ticker. */
export class Candidates {
  private readonly byName = new Map<string, Departed[]>();
  private readonly byFigi = new Map<string, Departed[]>();
  private readonly byLetters = new Map<string, Departed[]>();
  /** Implied share counts, ascending. */
  private readonly counted: readonly { readonly shares: number; readonly old: Departed }[];

  constructor(private readonly departed: readonly Departed[]) {
    for (const old of departed) {
      append(this.byName, identifyingWords(old.name), old);
      if (old.figi !== null) append(this.byFigi, old.figi, old);
      append(this.byLetters, withoutSeparators(old.symbol), old);
    }
    this.counted = departed
      .flatMap((old) => {
        const shares = impliedShares(old);
        return shares === null ? [] : [{ shares, old }];
      })
      .sort((left, right) => left.shares - right.shares);
  }

  of(newcomer: Arrived, decided: ReadonlyMap<string, boolean> | undefined): Set<Departed> {
    const words = identifyingWords(newcomer.name);
    return new Set([
      ...(words === '' ? [] : (this.byName.get(words) ?? [])),
      ...(newcomer.figi === null ? [] : (this.byFigi.get(newcomer.figi) ?? [])),
      ...(this.byLetters.get(withoutSeparators(newcomer.symbol)) ?? []),
      ...this.withCount(impliedShares(newcomer)),
      ...(decided === undefined ? [] : this.departed.filter(({ symbol }) => decided.get(symbol) === true)),
    ]);
  }

  private *withCount(shares: number | null): Generator<Departed> {
    if (shares === null) return;
    const [least, most] = [shares / (1 + SHARES_TOLERANCE * 2), shares * (1 + SHARES_TOLERANCE * 2)];
    let [low, high] = [0, this.counted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.counted[middle]?.shares ?? 0) < least) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < this.counted.length; at += 1) {
      const found = this.counted[at];
      if (found === undefined || found.shares > most) return;
      yield found.old;
    }
  }
}

export function withoutSeparators(ticker: string): string {
  return ticker.replace(/[^\p{L}\p{N}]/gu, '');
}

export function impliedShares({ close, marketCapUsd }: Pick<Departed, 'close' | 'marketCapUsd'>): number | null {
  return isPositive(close) && isPositive(marketCapUsd) ? marketCapUsd / close : null;
}

export function isPositive(value: number | null): value is number {
  return value !== null && value > 0 && Number.isFinite(value);
}

export function append<Value>(groups: Map<string, Value[]>, key: string, value: Value): void {
  const own = groups.get(key);
  if (own === undefined) groups.set(key, [value]);
  else own.push(value);
}
