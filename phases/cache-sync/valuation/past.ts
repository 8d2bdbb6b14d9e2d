import type { SessionDate } from '../../../src/core/session.js';
import type { NewListing } from './market.js';

/**
 * Why a market cap is not believed.
 *
 * `SHARE_COUNT`: it moved more than the price explains. `SPLIT_LAG`: by the ratio of a split, whose share count has not followed yet.
 * `PRICE_MOVE`: it moved with a price that is itself doubtful. `FIRST_FIGURE`: the first one of a security, and implausible.
 * `WITHDRAWN`: the source states none any more.
 */
export type CapDoubt = 'SHARE_COUNT' | 'SPLIT_LAG' | 'PRICE_MOVE' | 'FIRST_FIGURE' | 'WITHDRAWN';

/** A market cap that was suspect in the previous session. */
export interface Suspect {
  /** USD, as stated; of a withdrawn one the last stated. */
  readonly rawCapUsd: number;
  /** For how many sessions in a row it has been suspect and consistent with itself. */
  readonly sessions: number;
  readonly doubt: CapDoubt;
}

/** A share count, market cap ÷ close, that was believed until another one was. */
export interface FormerCount {
  /** In shares of today: changed by every split since. */
  readonly shares: number;
  /** Last session in which it was believed. */
  readonly until: SessionDate;
}

/** The figures of the previously published session, by which those of this one are judged. Symbols ascending by code unit; parallel lists. */
export interface PastFigures {
  readonly symbols: readonly string[];
  /** USD, as used for the ranks. */
  readonly capsUsd: readonly (number | null)[];
  /** As of then: not adjusted for splits and dividends since. */
  readonly closes: readonly (number | null)[];
  readonly suspects: ReadonlyMap<string, Suspect>;
  /** Session since which the share count of a security has been believed, where it is known and recent. */
  readonly countsSince: ReadonlyMap<string, SessionDate>;
  readonly formerCounts: ReadonlyMap<string, readonly FormerCount[]>;
  /** Classes that stand for a company with several. */
  readonly leads: ReadonlySet<string>;
  /** Market cap by dollar volume of all stocks; null: unknown. */
  readonly turnoverDays: number | null;
}

/** Facts about symbols from earlier sessions, besides what was published. */
export interface SymbolPast {
  readonly newListings: ReadonlyMap<string, NewListing>;
  /** Symbols first seen in one of the last sessions, and in which. */
  readonly arrivals: ReadonlyMap<string, SessionDate>;
  /** Tickers that were changed in earlier sessions, and to which. */
  readonly renamed: ReadonlyMap<string, string>;
  /** The tickers they were changed to, and since when. */
  readonly tickerSince: ReadonlyMap<string, SessionDate>;
  /** Symbols that count as delisted, and since which session. */
  readonly delisted: ReadonlyMap<string, SessionDate>;
  /** The oldest of the last complete sessions: a symbol without a bar since then counts as delisted. Null while there are too few. */
  readonly absentBefore: SessionDate | null;
  /** The same number of sessions back, including held ones: a symbol without a bar since then is not expected to have one. Null: unknown. */
  readonly tradedSince: SessionDate | null;
}

export interface Past extends SymbolPast {
  readonly figures: PastFigures;
}

export const NO_FIGURES: PastFigures = {
  symbols: [],
  capsUsd: [],
  closes: [],
  suspects: new Map(),
  countsSince: new Map(),
  formerCounts: new Map(),
  leads: new Set(),
  turnoverDays: null,
};

export const NO_PAST: Past = {
  figures: NO_FIGURES,
  newListings: new Map(),
  arrivals: new Map(),
  renamed: new Map(),
  tickerSince: new Map(),
  delisted: new Map(),
  absentBefore: null,
  tradedSince: null,
};
