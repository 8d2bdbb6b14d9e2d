import { sql, type Kysely } from 'kysely';

/**
 * A security that changes its ticker is recorded as an event of the old one.
 *
 * `membership.since`: where the ticker was changed during a membership, its first session under the former one; null: `valid_from`.
 *
 * `source_quote.listing_year`: the year of listing that a source states, so that a ticker first seen is not taken for a new listing. Null for
 * sessions of before.
 */
const STATEMENTS = [
  `alter table pipeline.symbol_event
    drop constraint symbol_event_event_check,
    add constraint symbol_event_event_check check (event in ('delisted', 'relisted', 'reused', 'renamed'))`,
  `alter table pipeline.source_quote add column listing_year smallint`,
  `alter table pipeline.membership add column since date`,
  `create index membership_change_renamed_idx on pipeline.membership_change (session) where reason = 'RENAMED'`,

  `create or replace function pipeline.members_with_figures(universe integer, session date, known_at timestamptz default 'infinity')
  returns table ("position" integer, symbol text, since date, market_cap_usd bigint, rank integer, close numeric,
                 price_session date, source text, flags text[])
  language sql stable
  begin atomic
    with asked as materialized (
      select (select max(v.session) from pipeline.valuation v where v.session <= members_with_figures.session) as figures,
             (select s.symbols from pipeline.selection s
              where s.universe_id = members_with_figures.universe and s.session <= members_with_figures.session
              order by s.session desc limit 1) as symbols
    ), listed as materialized (
      select l.symbol, l.place from asked, unnest(asked.symbols) with ordinality as l (symbol, place)
    ), believed as (
      select m.symbol, coalesce(m.since, m.valid_from) as since
      from pipeline.membership m
      where m.universe_id = members_with_figures.universe
        and m.valid_from <= members_with_figures.session and m.known_from <= members_with_figures.known_at
        and ((m.valid_to is null and m.known_to is null)
          or (m.valid_to is null and m.known_to > members_with_figures.known_at)
          or (m.valid_to > members_with_figures.session and (m.known_to is null or m.known_to > members_with_figures.known_at)))
    )
    select (row_number() over (order by l.place, v.rank, v.etf_rank, m.symbol))::integer,
           m.symbol, m.since, v.market_cap_usd, v.rank, v.close, v.price_session, v.source, v.flags
    from believed m
    left join listed l on l.symbol = m.symbol
    left join pipeline.valuation v on v.session = (select figures from asked) and v.symbol = m.symbol
    order by 1;
  end`,

  `create or replace function pipeline.symbol_universes(symbol text, as_of date default null, known_at timestamptz default 'infinity')
  returns table (universe text, universe_id integer, type text, title text, since date)
  language sql stable
  begin atomic
    with asked as materialized (
      select pipeline.published_session(symbol_universes.as_of, symbol_universes.known_at) as session
    )
    select n.universe, n.id, n.type, n.title, coalesce(m.since, m.valid_from)
    from pipeline.membership m
    join pipeline.named_universes() n on n.id = m.universe_id
    where m.symbol = symbol_universes.symbol
      and m.valid_from <= (select session from asked)
      and (m.valid_to is null or m.valid_to > (select session from asked))
      and m.known_from <= symbol_universes.known_at
      and (m.known_to is null or m.known_to > symbol_universes.known_at)
    order by n.id;
  end`,

  // In `why`, the change that began a membership is that of its interval, not of the first ticker; the rest of the function stays.
  `do $$
  declare
    definition text := pg_get_functiondef('pipeline.why(text, text, date)'::regprocedure);
    changed text := replace(definition, $old$select since, 'added' from own$old$,
      $new$select m.valid_from, 'added' from pipeline.membership m
          where exists (select from own) and m.universe_id = (select id from universe) and m.symbol = why.symbol and m.known_to is null
            and m.valid_from <= (select session from moment) and (m.valid_to is null or m.valid_to > (select session from moment))$new$);
  begin
    if changed = definition then raise exception 'pipeline.why is not the one of this product'; end if;
    execute changed;
  end $$`,

  `comment on column pipeline.membership.since is 'First session under a former ticker, where it was changed during the membership. Null: valid_from.'`,
  `comment on column pipeline.source_quote.listing_year is 'Year of listing that the source states. Null: none.'`,
  `comment on column pipeline.symbol_event.event is 'delisted, relisted, reused (another company under the ticker) or renamed (the security has another ticker).'`,
  `comment on column pipeline.symbol_event.reason is 'ABSENT: no bar for too long; REPORTED_INACTIVE; TRADES_AGAIN; TICKER_CHANGED.'`,
  `comment on column pipeline.symbol_event.detail is 'Sessions that it was absent, and since when; of a rename the new ticker and what shows that it is the same security.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
