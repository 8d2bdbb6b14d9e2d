import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import type { NewListing } from '../valuation/market.js';
import { FIND_NEW_LISTINGS } from './find-new-listings.sql.js';
import { READ_DELISTED } from './read-delisted.sql.js';
import { READ_IMPORTED } from './read-imported.sql.js';
import { READ_PAST_FIGURES } from './read-past-figures.sql.js';

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

const NO_FIGURES: PastFigures = {
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

/** The figures of the newest session before this one. */
export async function loadPastFigures(client: PoolClient, session: SessionDate): Promise<PastFigures> {
  const found = await READ_PAST_FIGURES.first(client, { session });
  if (found === undefined) return NO_FIGURES;
  return {
    symbols: found.symbols,
    capsUsd: found.caps.map(toNumberOrNull),
    closes: found.closes.map(toNumberOrNull),
    suspects: new Map(found.suspects.map(([symbol, rawCapUsd, sessions]) => [symbol, { rawCapUsd, sessions }])),
  };
}

/**
 * @param window how long a listing is new, how many sessions without a bar make a delisting, and the oldest of so many by the calendar
 */
export async function loadSymbolPast(
  client: PoolClient,
  session: SessionDate,
  window: {
    readonly listedFrom: string;
    readonly delistAfterSessions: number;
    readonly calendarSince: SessionDate;
  },
): Promise<SymbolPast> {
  const { listedFrom, delistAfterSessions: sessions, calendarSince } = window;
  const listings = await FIND_NEW_LISTINGS.rows(client, { session, listedFrom });
  const delisted = await READ_DELISTED.rows(client, { session });
  const imported = await READ_IMPORTED.first(client, { session, sessions, calendarSince });
  return {
    newListings: new Map(listings.map(({ symbol, reason, session: day }) => [symbol, { reason, session: day }])),
    delisted: new Map(delisted.map((row) => [row.symbol, row.session])),
    absentBefore: imported?.before ?? null,
    tradedSince: imported?.since ?? null,
  };
}

/** JSON has no NaN: the server sends it as text. */
function toNumberOrNull(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}
