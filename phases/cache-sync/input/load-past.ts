import type { PoolClient } from 'pg';
import type { SessionDate } from '../../../src/core/session.js';
import type { NewListing } from '../valuation/market.js';
import { NO_FIGURES, type PastFigures, type SymbolPast } from '../valuation/past.js';

/** The figures of the newest session before this one. Lists as JSON, which the engine parses by itself: a row a symbol took three times as long. */
export async function loadPastFigures(client: PoolClient, session: SessionDate): Promise<PastFigures> {
  const { rows } = await client.query<{
    symbols: string[];
    caps: (number | null)[];
    closes: (number | null)[];
    suspects: [symbol: string, rawCapUsd: number, sessions: number][];
  }>(
    `select coalesce(json_agg(symbol), '[]') as symbols, coalesce(json_agg(cap), '[]') as caps,
            coalesce(json_agg(close), '[]') as closes,
            coalesce(json_agg(json_build_array(symbol, raw_cap_usd, suspect_sessions)) filter (where suspect_sessions > 0), '[]') as suspects
     from (
       select symbol, market_cap_usd as cap, close, raw_cap_usd, suspect_sessions
       from pipeline.valuation
       where session = (select max(session) from pipeline.valuation where session < $1)
       order by symbol
     ) as past`,
    [session],
  );
  const found = rows[0];
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
  const [listings, delisted, imported] = [
    await client.query<NewListing & { symbol: string }>(NEW_LISTINGS, [session, window.listedFrom]),
    await client.query<{ symbol: string; session: SessionDate }>(DELISTED, [session]),
    await client.query<{ before: SessionDate | null; since: SessionDate }>(IMPORTED, [
      session,
      window.delistAfterSessions,
      window.calendarSince,
    ]),
  ];
  return {
    newListings: new Map(listings.rows.map(({ symbol, reason, session: day }) => [symbol, { reason, session: day }])),
    delisted: new Map(delisted.rows.map((row) => [row.symbol, row.session])),
    absentBefore: imported.rows[0]?.before ?? null,
    tradedSince: imported.rows[0]?.since ?? null,
  };
}

/** Symbols first seen in one session; a real year has 25 at most, warrants and units among them. */
const MOST_LISTED = 500;

/**
 * The source's own mark goes before what is only seen for the first time. What came in bulk is not newly listed: the first load, and whenever more
 * symbols appear at once than a market lists, which is a feed that covers more than before. Nor is who has an older list date.
 */
const NEW_LISTINGS = `
  with first_seen as (
    select f.symbol, f.valid_from as session, count(*) over (partition by f.valid_from) as together
    from pipeline.symbol_fact f
    where f.valid_from between $2 and $1 and f.valid_from > (select min(valid_from) from pipeline.symbol_fact)
      and not exists (select from pipeline.symbol_fact known
                      where known.symbol = f.symbol and known.valid_from <= $1 and (known.valid_to is null or known.valid_to > $1)
                        and known.list_date < $2)
      and not exists (select from pipeline.symbol_fact earlier where earlier.symbol = f.symbol and earlier.valid_from < f.valid_from)
  )
  select distinct on (symbol) symbol, reason, to_char(session, 'YYYY-MM-DD') as session
  from (
    select symbol, session, 'IPO_FIRST_DAY' as reason, 1 as precedence
    from pipeline.source_quote where is_first_day and session between $2 and $1
    union all
    select symbol, session, 'IPO_FIRST_SEEN', 2 from first_seen where together <= ${MOST_LISTED}
    union all
    select symbol, session, 'IPO_FIRST_SEEN', 3
    from pipeline.symbol_event where event = 'reused' and superseded_at is null and session >= $2 and session < $1
  ) as seen
  order by symbol, precedence, session`;

const DELISTED = `
  select symbol, to_char(session, 'YYYY-MM-DD') as session
  from (
    select distinct on (symbol) symbol, session, event
    from pipeline.symbol_event
    where superseded_at is null and session < $1
    order by symbol, session desc, id desc
  ) as newest
  where event = 'delisted'`;

/**
 * `before`: the oldest of so many sessions whose import is complete and that are not held as a whole: what was held back says nothing about who was
 * there. The session asked about always counts: whether it is held is yet to be found, and every attempt at it must find the same.
 *
 * `since`: the oldest of so many imported sessions, held or not, or by the calendar where that is older: sessions that were not imported do not count
 * down, and what a database had before its first import need not be of the last weeks.
 */
const IMPORTED = `
  with imported as (
    select distinct session from pipeline.phase_run
    where phase = 'import' and status in ('completed', 'completed_with_holds') and session <= $1
  ), complete as (
    select session from imported
    where session = $1 or not exists (select from pipeline.hold h
                                      where h.session = imported.session and h.universe_id is null
                                        and h.state <> 'approved' and h.lifted_at is null)
    order by session desc
    offset $2 - 1 limit 1
  ), counted as (
    select session from imported order by session desc limit $2
  )
  select (select to_char(session, 'YYYY-MM-DD') from complete) as before,
         (select to_char(least($3::date, min(session)), 'YYYY-MM-DD') from counted) as since`;

/** JSON has no NaN: the server sends it as text. */
function toNumberOrNull(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}
