import type { SessionDate } from '../core/session.js';
import { arrayOf, bigint, boolean, date, instant, integer, numeric, orNull, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * A universe on a session as believed at `knownAt`: its size, and what the session changed; one row.
 *
 * Edges: held by a hold that was neither approved nor lifted by a later attempt at the session.
 * Index: membership_open_idx, membership_change_session_idx.
 */
export const READ_OVERVIEW = statement({
  parameters: { id: integer, session: date, knownAt: instant, listed: integer },
  row: {
    universe: text,
    type: text,
    name: text,
    key: text,
    title: text,
    cacheType: text,
    session: textOf<SessionDate>(),
    count: integer,
    added: integer,
    removed: integer,
    addedSymbols: arrayOf(text),
    removedSymbols: arrayOf(text),
    held: boolean,
  },
  text: `
    with changes as (
      select (count(*) filter (where action = 'added'))::int as added,
             (count(*) filter (where action = 'removed'))::int as removed,
             (array_agg(symbol order by id) filter (where action = 'added'))[1:$4] as "addedSymbols",
             (array_agg(symbol order by id) filter (where action = 'removed'))[1:$4] as "removedSymbols"
      from pipeline.membership_change
      where universe_id = $1 and session = $2::date and known_at <= $3::timestamptz and (superseded_at is null or superseded_at > $3::timestamptz)
    )
    select n.universe, n.type, n.name, n.key, n.title, n.cache_type as "cacheType", to_char($2::date, 'YYYY-MM-DD') as session,
           (select count(*)::int from pipeline.members(n.id, $2::date, $3::timestamptz)) as count,
           changes.added, changes.removed, coalesce(changes."addedSymbols", '{}') as "addedSymbols",
           coalesce(changes."removedSymbols", '{}') as "removedSymbols", exists (
             select from pipeline.hold h
             where (h.universe_id = $1 or h.universe_id is null) and h.session = $2::date
               and h.state <> 'approved' and h.lifted_at is null) as held
    from pipeline.named_universes() n
    cross join changes
    where n.id = $1`,
});

/**
 * Members of a universe on a session as believed at `knownAt`, in the order they were published, with names and sectors of then.
 *
 * Parameters: `limit` null for all.
 * Index:      membership_open_idx, valuation_pkey, symbol_fact_pkey.
 */
export const READ_MEMBERS = statement({
  parameters: { id: integer, session: date, knownAt: instant, limit: orNull(bigint), offset: bigint },
  row: {
    position: integer,
    symbol: text,
    cap: orNull(bigint),
    close: orNull(numeric),
    since: textOf<SessionDate>(),
    name: orNull(text),
    sector: orNull(text),
    industry: orNull(text),
  },
  text: `
    with page as materialized (
      select * from pipeline.members_with_figures($1, $2::date, $3::timestamptz)
      limit $4 offset $5
    )
    select page.position, page.symbol, page.market_cap_usd as cap, page.close, to_char(page.since, 'YYYY-MM-DD') as since,
           case when f.symbol is null then s.name else f.name end as name,
           case when f.symbol is null then s.sector else f.sector end as sector,
           case when f.symbol is null then s.industry else f.industry end as industry
    from page
    left join pipeline.symbol_fact f on f.symbol = page.symbol
      and f.valid_from <= $2::date and (f.valid_to is null or f.valid_to > $2::date)
    left join public.symbols s on s.symbol = page.symbol
    order by page.position`,
});

/** What a session changed of a universe, as believed at `knownAt`: a replay supersedes audit rows. Index: membership_change_session_idx. */
export const READ_CHANGES = statement({
  parameters: { name: text, session: date, knownAt: instant },
  row: { symbol: text, action: textOf<'added' | 'removed'>(), reason: text },
  text: `
    select symbol, action, reason
    from pipeline.membership_change
    where universe_id = (select pipeline.find_universe($1)) and session = $2::date and known_at <= $3::timestamptz and (superseded_at is null or superseded_at > $3::timestamptz)
    order by id`,
});
