import type { PoolClient } from 'pg';
import type { TradingCalendar } from '../../../src/core/calendar.js';
import type { SessionDate } from '../../../src/core/session.js';
import { toJsonb } from '../../../src/db/jsonb.js';
import { isDelisting, type Comparison } from './compare-memberships.js';
import type { SymbolPast } from '../input/load-past.js';
import type { Market, NewListing } from '../valuation/market.js';
import type { Publication } from './write-memberships.js';

/** Something that happened to a symbol itself, whatever universes it is in. */
export interface SymbolEvent {
  readonly symbol: string;
  readonly event: 'delisted' | 'relisted' | 'reused';
  /** `ABSENT`: no bar in the last complete sessions; `REPORTED_INACTIVE`: the source or the host said so; `TRADES_AGAIN`. */
  readonly reason: 'ABSENT' | 'REPORTED_INACTIVE' | 'TRADES_AGAIN';
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Who is gone and who is back.
 *
 * Edges: a symbol that comes back `reuseAfterSessions` or more after its delisting is another company under the same ticker.
 */
export function findSymbolEvents(
  market: Market,
  { delisted }: SymbolPast,
  calendar: TradingCalendar,
  reuseAfterSessions: number,
): SymbolEvent[] {
  const events: SymbolEvent[] = [];
  for (const { symbol, exclusion, priceSession } of market.securities.values()) {
    if (exclusion === 'INACTIVE' && !delisted.has(symbol)) {
      events.push({ symbol, event: 'delisted', reason: 'ABSENT', detail: { last_session: priceSession } });
    }
  }
  for (const [symbol, since] of delisted) {
    const security = market.securities.get(symbol);
    if (security === undefined || security.exclusion === 'INACTIVE') continue;
    const sessions = calendar.sessionCount(since, market.session);
    const event = sessions >= reuseAfterSessions ? 'reused' : 'relisted';
    events.push({ symbol, event, reason: 'TRADES_AGAIN', detail: { delisted_session: since, sessions } });
  }
  return events;
}

/** Members whom the source or the host has made inactive: this is when it is noticed. */
export function listReportedInactive({ changes }: Comparison, { securities }: Market): SymbolEvent[] {
  const gone = changes.filter((change) => isDelisting(change) && !securities.has(change.symbol));
  return [...new Set(gone.map((change) => change.symbol))].map((symbol) => ({
    symbol,
    event: 'delisted',
    reason: 'REPORTED_INACTIVE',
    detail: {},
  }));
}

/** Those under a ticker that was somebody else's count as new listings of the session; the source's own mark of a first day goes before. */
export function addReused(
  newListings: ReadonlyMap<string, NewListing>,
  events: readonly SymbolEvent[],
  session: SessionDate,
): ReadonlyMap<string, NewListing> {
  const reused = events.filter(({ event }) => event === 'reused');
  if (reused.length === 0) return newListings;
  const listing: NewListing = { reason: 'IPO_FIRST_SEEN', session };
  return new Map([...reused.map(({ symbol }) => [symbol, listing] as const), ...newListings]);
}

/**
 * Writes down what happened to symbols, once a session.
 *
 * Edges: a session synced again may know better: what it no longer finds is marked as superseded, but who was reported inactive has no
 *        membership left to be noticed by, and stays so until reported active. Who has ended already does not end again when a universe that
 *        was held lets go of it later.
 */
export async function writeSymbolEvents(
  client: PoolClient,
  events: readonly SymbolEvent[],
  { session, runId, at, isResync }: Publication,
): Promise<void> {
  const columns = [events.map((each) => each.symbol), events.map((each) => each.event)];
  if (isResync) {
    await client.query(
      `update pipeline.symbol_event e set superseded_at = $2
       where e.session = $1 and e.superseded_at is null
         and (e.reason <> 'REPORTED_INACTIVE' or exists (select from symbols s where s.symbol = e.symbol and s.active))
         and not exists (select from unnest($3::text[], $4::text[]) as found (symbol, event)
                         where found.symbol = e.symbol and found.event = e.event)`,
      [session, at, ...columns],
    );
  }
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
    [runId, session, at, ...columns, events.map((each) => each.reason), events.map((each) => toJsonb(each.detail))],
  );
}

/**
 * Brings `symbols` to what is known of their listing: the delisted inactive from the session after their last bar, those who are back active.
 * Rows that say so already are left alone.
 *
 * Edges: an adopted table may have `last_updated` without a time zone and `last_updated_utc` with one. The cast gives the parameter one type for
 *        both, and makes it an instant: read as a timestamp without zone, its offset would be ignored.
 */
export async function updateListed(
  client: PoolClient,
  events: readonly SymbolEvent[],
  calendar: TradingCalendar,
  { session, at }: Pick<Publication, 'session' | 'at'>,
): Promise<void> {
  const gone = events.filter(({ event }) => event === 'delisted');
  const back = events.filter(({ event }) => event !== 'delisted');
  if (gone.length > 0) {
    const dates = gone.map(({ detail }) => {
      const last = detail['last_session'];
      return typeof last === 'string' ? calendar.next(last as SessionDate) : session;
    });
    await client.query(
      `update symbols s
       set active = false, delisted_date = coalesce(s.delisted_date, gone.day), last_updated = $1::timestamptz, last_updated_utc = $1::timestamptz
       from unnest($2::text[], $3::date[]) as gone (symbol, day)
       where s.symbol = gone.symbol and (s.active or s.delisted_date is null)`,
      [at, gone.map(({ symbol }) => symbol), dates],
    );
  }
  if (back.length === 0) return;
  await client.query(
    `update symbols s set active = true, delisted_date = null, last_updated = $1::timestamptz, last_updated_utc = $1::timestamptz
     where s.symbol = any ($2::text[]) and (not coalesce(s.active, false) or s.delisted_date is not null)`,
    [at, back.map(({ symbol }) => symbol)],
  );
}

/**
 * After a replay, and a session synced again: brings `symbols` to the newest event of each symbol that was written or taken back. Who was
 * reported inactive is the source's affair.
 */
export async function restoreListed(
  client: PoolClient,
  calendar: TradingCalendar,
  { session, at }: Pick<Publication, 'session' | 'at'>,
): Promise<void> {
  const { rows } = await client.query<{
    symbol: string;
    event: SymbolEvent['event'] | null;
    detail: SymbolEvent['detail'] | null;
  }>(
    `select touched.symbol, newest.event, newest.detail
     from (select distinct symbol from pipeline.symbol_event where (superseded_at = $1 or known_at = $1) and reason <> 'REPORTED_INACTIVE') as touched
     left join lateral (
       select e.event, e.detail from pipeline.symbol_event e
       where e.symbol = touched.symbol and e.superseded_at is null
       order by e.session desc, e.id desc limit 1
     ) newest on true`,
    [at],
  );
  const events = rows.map(({ symbol, event, detail }): SymbolEvent => ({
    symbol,
    event: event ?? 'relisted',
    reason: event === 'delisted' ? 'ABSENT' : 'TRADES_AGAIN',
    detail: detail ?? {},
  }));
  await updateListed(client, events, calendar, { session, at });
}
