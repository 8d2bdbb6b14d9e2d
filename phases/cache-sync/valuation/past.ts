import type { SessionDate } from '../../../src/core/session.js';
import type { NewListing } from './market.js';

/** A market cap that was suspect in the session before: the figure as it came, and for how many sessions it has agreed with itself. */
export interface Suspect {
  readonly rawCapUsd: number;
  readonly sessions: number;
}

/** The figures of the session published before, by which today's are judged. Symbols ascending by code unit; the lists run in step. */
export interface PastFigures {
  readonly symbols: readonly string[];
  /** USD, as they were ranked by. */
  readonly capsUsd: readonly (number | null)[];
  /** As they were then: not adjusted for what has been split or paid out since. */
  readonly closes: readonly (number | null)[];
  readonly suspects: ReadonlyMap<string, Suspect>;
}

/** What is known of symbols from the sessions before, beside what was published. */
export interface SymbolPast {
  readonly newListings: ReadonlyMap<string, NewListing>;
  /** Symbols that count as delisted, and since which session. */
  readonly delisted: ReadonlyMap<string, SessionDate>;
  /** The oldest of the last complete sessions: a symbol without a bar since then is gone. Null while there are too few. */
  readonly absentBefore: SessionDate | null;
  /** As many sessions back, held ones included: who has no bar since is not expected to have one. Null: not known. */
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
};

export const NO_PAST: Past = {
  figures: NO_FIGURES,
  newListings: new Map(),
  delisted: new Map(),
  absentBefore: null,
  tradedSince: null,
};
