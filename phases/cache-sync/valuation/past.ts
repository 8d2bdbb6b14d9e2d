import type { SessionDate } from '../../../src/core/session.js';
import type { FormerCount, Suspect } from './cap-beliefs.js';
import type { NewListing } from './market.js';

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
  /** The same for one that traded as usual on its last day. */
  readonly quietAbsentBefore: SessionDate | null;
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
  quietAbsentBefore: null,
  tradedSince: null,
};
