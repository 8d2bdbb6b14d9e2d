import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import { NO_FIGURES, type PastFigures, type SymbolPast } from '../valuation/past.js';
import { FIND_ARRIVALS, READ_RENAMED } from './find-arrivals.sql.js';
import { FIND_NEW_LISTINGS } from './find-new-listings.sql.js';
import { READ_DELISTED } from './read-delisted.sql.js';
import { READ_IMPORTED } from './read-imported.sql.js';
import { READ_PAST_FIGURES } from './read-past-figures.sql.js';

/** The figures of the newest session before this one. */
export async function loadPastFigures(client: PoolClient, session: SessionDate): Promise<PastFigures> {
  const found = await READ_PAST_FIGURES.first(client, { session });
  if (found === undefined) return NO_FIGURES;
  return {
    symbols: found.symbols,
    capsUsd: found.caps.map(toNumberOrNull),
    closes: found.closes.map(toNumberOrNull),
    turnoverDays: found.turnoverDays,
    leads: new Set(found.leads),
    suspects: new Map(
      found.suspects.map(([symbol, rawCapUsd, sessions, doubt]) => [symbol, { rawCapUsd, sessions, doubt }]),
    ),
    countsSince: new Map(Object.entries(found.countsSince)),
    formerCounts: new Map(
      Object.entries(found.formerCounts).map(([symbol, counts]) => [
        symbol,
        counts.map(([shares, until]) => ({ shares, until })),
      ]),
    ),
  };
}

/** @param window days that a listing is new, sessions without a bar that make a delisting, also after a usual last day, and the oldest of those by the calendar */
export async function loadSymbolPast(
  client: PoolClient,
  session: SessionDate,
  window: {
    readonly listedFrom: string;
    readonly delistAfterSessions: number;
    readonly delistQuietAfterSessions: number;
    readonly calendarSince: SessionDate;
  },
): Promise<SymbolPast> {
  const { listedFrom, delistAfterSessions: sessions, delistQuietAfterSessions: quietSessions, calendarSince } = window;
  const listings = await FIND_NEW_LISTINGS.rows(client, { session, listedFrom });
  const delisted = await READ_DELISTED.rows(client, { session });
  const arrivals = await FIND_ARRIVALS.rows(client, { session, sessions: RENAME_SESSIONS });
  const renamed = await READ_RENAMED.rows(client, { session });
  const imported = await READ_IMPORTED.first(client, { session, sessions, quietSessions, calendarSince });
  return {
    newListings: new Map(listings.map(({ symbol, reason, session: day }) => [symbol, { reason, session: day }])),
    arrivals: new Map(arrivals.map((row) => [row.symbol, row.session])),
    renamed: new Map(renamed.map((row) => [row.symbol, row.to])),
    tickerSince: new Map(renamed.map((row) => [row.to, row.since])),
    delisted: new Map(delisted.map((row) => [row.symbol, row.session])),
    absentBefore: imported?.before ?? null,
    quietAbsentBefore: imported?.quiet ?? null,
    tradedSince: imported?.since ?? null,
  };
}

/** Imported sessions in which a rename is looked for: the session itself, and those that a held one may have delayed. */
const RENAME_SESSIONS = 5;

/** JSON has no NaN: the server sends it as text. */
function toNumberOrNull(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}
