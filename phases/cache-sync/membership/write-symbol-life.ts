import type { PoolClient } from 'pg';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import { toJsonb } from '../../../src/db/jsonb.js';
import { kyselyOn } from '../../../src/db/kysely-on.js';
import { READ_TOUCHED_SYMBOLS } from './read-touched-symbols.sql.js';
import { KEEP_INACTIVE, RESTORE_EVENTS } from './restore-events.sql.js';
import { END_LISTED, LIST_AGAIN } from './update-listed.sql.js';
import { WRITE_SYMBOL_EVENTS } from './write-symbol-events.sql.js';
import type { Publication } from './publication.js';
import type { SymbolEvent } from './symbol-life.js';
import type { ResyncRange } from './write-audit.js';

/**
 * Writes the events of symbols, once per session.
 *
 * Edges: a symbol that was delisted before is not delisted again when a held universe removes it later.
 */
export async function writeSymbolEvents(
  client: PoolClient,
  events: readonly SymbolEvent[],
  { session, runId, at }: Publication,
): Promise<void> {
  if (events.length === 0) return;
  await WRITE_SYMBOL_EVENTS.write(client, {
    runId,
    session,
    at,
    symbols: events.map((each) => each.symbol),
    events: events.map((each) => each.event),
    reasons: events.map((each) => each.reason),
    details: events.map((each) => toJsonb(each.detail)),
  });
}

/**
 * Supersedes the events of symbols in the sessions; those with the same result are restored by `restoreEvents`.
 *
 * Edges: a partial sync does not see every membership by which a symbol reported inactive is noticed: those events stay.
 */
export async function supersedeEvents(client: PoolClient, { from, at, universes }: ResyncRange): Promise<void> {
  await kyselyOn(client)
    .updateTable('pipeline.symbol_event')
    .set({ superseded_at: at })
    .where('session', '>=', from)
    .where('superseded_at', 'is', null)
    .$if(universes !== null, (query) => query.where('reason', '<>', 'REPORTED_INACTIVE'))
    .execute();
}

/** Restores the events of a session: the session is held, and what was published of it remains valid. */
export async function keepEvents(
  client: PoolClient,
  { session, at }: Pick<Publication, 'session' | 'at'>,
): Promise<void> {
  await kyselyOn(client)
    .updateTable('pipeline.symbol_event')
    .set({ superseded_at: null })
    .where('session', '=', session)
    .where('superseded_at', '=', at)
    .execute();
}

/** The same for symbols reported inactive that a held universe keeps out. */
export async function keepInactive(
  client: PoolClient,
  symbols: readonly string[],
  { session, at }: Pick<Publication, 'session' | 'at'>,
): Promise<void> {
  await KEEP_INACTIVE.write(client, { session, at, symbols });
}

/** Restores superseded events with the same result: the old row becomes current again, and the new one is deleted. */
export async function restoreEvents(client: PoolClient, { runId, from, at }: ResyncRange): Promise<void> {
  await RESTORE_EVENTS.write(client, { from, at, runId });
}

/**
 * Updates `symbols` to the newest event of each symbol whose events this publish changed: delisted and renamed ones inactive from the session
 * after their last bar, relisted ones active. Rows that are already marked are not written.
 *
 * Edges: whether a symbol that was reported inactive is active again is decided by the source.
 * @returns the number of rows of `symbols` written
 */
export async function updateListed(
  client: PoolClient,
  calendar: TradingCalendar,
  { runId, from, at }: Pick<ResyncRange, 'runId' | 'from' | 'at'>,
): Promise<number> {
  const rows = await READ_TOUCHED_SYMBOLS.rows(client, { from, runId, at });
  const isGone = ({ event }: (typeof rows)[number]): boolean => event === 'delisted' || event === 'renamed';
  const gone = rows.filter(isGone);
  const back = rows.filter((row) => !isGone(row));
  const ended =
    gone.length === 0
      ? 0
      : await END_LISTED.write(client, {
          at,
          symbols: gone.map(({ symbol }) => symbol),
          days: gone.map(({ session, lastSession }) => (lastSession === null ? session : calendar.next(lastSession))),
        });
  if (back.length === 0) return ended;
  return ended + (await LIST_AGAIN.write(client, { at, symbols: back.map(({ symbol }) => symbol) }));
}
