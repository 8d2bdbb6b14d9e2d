import type { PoolClient } from 'pg';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { toJsonb } from '../../../src/db/jsonb.js';
import type { Publication } from './publication.js';
import type { SymbolEvent } from './symbol-life.js';
import type { ResyncRange } from './write-audit.js';

/**
 * Writes what happened to symbols, once a session.
 *
 * Edges: a symbol that has been delisted before is not delisted again when a universe that was held lets go of it later.
 */
export async function writeSymbolEvents(
  client: PoolClient,
  events: readonly SymbolEvent[],
  { session, runId, at }: Publication,
): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `insert into pipeline.symbol_event (run_id, session, symbol, event, reason, detail, known_at)
     select $1, $2, found.symbol, found.event, found.reason, found.detail, $3
     from unnest($4::text[], $5::text[], $6::text[], $7::jsonb[]) as found (symbol, event, reason, detail)
     where not exists (select from pipeline.symbol_event e
                       where e.session = $2 and e.symbol = found.symbol and e.event = found.event and e.superseded_at is null)
       and (found.reason <> 'REPORTED_INACTIVE'
            or 'delisted' is distinct from (select e.event from pipeline.symbol_event e
                                            where e.symbol = found.symbol and e.superseded_at is null and e.session < $2
                                            order by e.session desc, e.id desc limit 1))`,
    [
      runId,
      session,
      at,
      events.map((each) => each.symbol),
      events.map((each) => each.event),
      events.map((each) => each.reason),
      events.map((each) => toJsonb(each.detail)),
    ],
  );
}

/**
 * Marks what happened to symbols in the sessions as not believed; what is found again is taken back by `restoreEvents`.
 *
 * Edges: a part of cache sync does not see every membership by which a symbol reported inactive is noticed: those events stay.
 */
export async function supersedeEvents(client: PoolClient, { from, at, universes }: ResyncRange): Promise<void> {
  await client.query(
    `update pipeline.symbol_event set superseded_at = $2
     where session >= $1 and superseded_at is null and ($3 or reason <> 'REPORTED_INACTIVE')`,
    [from, at, universes === null],
  );
}

/** Marks the events of a session as believed again: the session is held, and what was published of it stands. */
export async function keepEvents(
  client: PoolClient,
  { session, at }: Pick<Publication, 'session' | 'at'>,
): Promise<void> {
  await client.query(
    'update pipeline.symbol_event set superseded_at = null where session = $1 and superseded_at = $2',
    [session, at],
  );
}

/** The same of symbols reported inactive that a universe which is held keeps out. */
export async function keepInactive(
  client: PoolClient,
  symbols: readonly string[],
  { session, at }: Pick<Publication, 'session' | 'at'>,
): Promise<void> {
  await client.query(
    `update pipeline.symbol_event e set superseded_at = null
     where e.session = $1 and e.superseded_at = $2 and e.reason = 'REPORTED_INACTIVE' and e.symbol = any ($3::text[])
       and not exists (select from pipeline.symbol_event found
                       where found.session = $1 and found.symbol = e.symbol and found.superseded_at is null)`,
    [session, at, symbols],
  );
}

/** What came out as before is left as it was: the old row counts again, and the new one goes. */
export async function restoreEvents(client: PoolClient, { runId, from, at }: ResyncRange): Promise<void> {
  await client.query(
    `with pairs as materialized (
       select max(id) filter (where superseded_at = $2) as old_id, max(id) filter (where superseded_at is null) as new_id
       from pipeline.symbol_event
       where session >= $1 and (superseded_at = $2 or (superseded_at is null and run_id = $3))
       group by session, symbol, event, reason, detail
       having count(*) filter (where superseded_at = $2) > 0 and count(*) filter (where superseded_at is null) > 0
     ), restored as (
       update pipeline.symbol_event e set superseded_at = null from pairs where e.id = pairs.old_id
     )
     delete from pipeline.symbol_event e using pairs where e.id = pairs.new_id`,
    [from, at, runId],
  );
}

/**
 * Brings `symbols` to the newest event of each symbol whose life this publish changed: the delisted inactive from the session after their last bar,
 * those that trade again active. Rows that say so already are left alone.
 *
 * Edges: whether a symbol that was reported inactive is active again is the source's affair. An adopted table may have `last_updated` without a time zone
 *        and `last_updated_utc` with one: the cast gives the parameter one type for both, and makes it an instant.
 * @returns rows of `symbols` that were written
 */
export async function updateListed(
  client: PoolClient,
  calendar: TradingCalendar,
  { runId, from, at }: Pick<ResyncRange, 'runId' | 'from' | 'at'>,
): Promise<number> {
  const { rows } = await client.query<{
    symbol: string;
    event: SymbolEvent['event'] | null;
    session: SessionDate | null;
    lastSession: SessionDate | null;
  }>(
    `select touched.symbol, newest.event, to_char(newest.session, 'YYYY-MM-DD') as session,
            newest.detail ->> 'last_session' as "lastSession"
     from (select distinct symbol from pipeline.symbol_event
           where session >= $1
             and (run_id = $2 and superseded_at is null or superseded_at = $3 and reason <> 'REPORTED_INACTIVE')) as touched
     left join lateral (
       select e.event, e.session, e.detail from pipeline.symbol_event e
       where e.symbol = touched.symbol and e.superseded_at is null
       order by e.session desc, e.id desc limit 1
     ) newest on true`,
    [from, runId, at],
  );
  const gone = rows.filter(({ event }) => event === 'delisted');
  const back = rows.filter(({ event }) => event !== 'delisted');
  const ended = await endListed(
    client,
    gone.map(({ symbol }) => symbol),
    gone.map(({ session, lastSession }) => (lastSession === null ? session : calendar.next(lastSession))),
    at,
  );
  if (back.length === 0) return ended;
  const { rowCount } = await client.query(
    `update symbols s set active = true, delisted_date = null, last_updated = $1::timestamptz, last_updated_utc = $1::timestamptz
     where s.symbol = any ($2::text[]) and (not coalesce(s.active, false) or s.delisted_date is not null)`,
    [at, back.map(({ symbol }) => symbol)],
  );
  return ended + (rowCount ?? 0);
}

async function endListed(
  client: PoolClient,
  symbols: readonly string[],
  days: readonly (SessionDate | null)[],
  at: Date,
): Promise<number> {
  if (symbols.length === 0) return 0;
  const { rowCount } = await client.query(
    `update symbols s
     set active = false, delisted_date = coalesce(s.delisted_date, gone.day),
         last_updated = $1::timestamptz, last_updated_utc = $1::timestamptz
     from unnest($2::text[], $3::date[]) as gone (symbol, day)
     where s.symbol = gone.symbol and (s.active or s.delisted_date is null)`,
    [at, symbols, days],
  );
  return rowCount ?? 0;
}
