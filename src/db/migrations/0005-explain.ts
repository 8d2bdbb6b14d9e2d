import { sql, type Kysely } from 'kysely';

/**
 * Questions to the stored history, for anybody with a connection: who belonged where on a past session, as believed at a time, what changed
 * between two sessions, and the facts of why. The library and the service ask the same functions.
 *
 * A session is found in a list of universes as `valid_from <= as_of < valid_to`, and what was believed of it as
 * `known_from <= known_at < known_to`. Of valuations only the newest figures are kept: a replay rewrites them, so `known_at` chooses
 * memberships and not caps or ranks. Of a universe's policy only the newest is kept as well.
 *
 * Functions that look at `public.symbols` have their body as text: a parsed one would make the server refuse the owner of that table to
 * change its columns.
 */
const STATEMENTS = [
  // Rare rows: a repeat of a session has superseded them. Ordinary publishes write nothing here.
  `create index membership_superseded_idx on pipeline.membership (universe_id) where valid_to is null and known_to is not null`,

  // The same answer as before. Each of the three conditions is what one partial index holds; asked in one, none of them can be used.
  `create or replace function pipeline.members(universe integer, as_of date, known_at timestamptz default 'infinity')
  returns setof text
  language sql stable
  begin atomic
    select symbol
    from pipeline.membership
    where universe_id = universe
      and valid_from <= as_of and known_from <= known_at
      and ((valid_to is null and known_to is null)
        or (valid_to is null and known_to > known_at)
        or (valid_to > as_of and (known_to is null or known_to > known_at)));
  end`,

  `create function pipeline.published_session(as_of date default null, known_at timestamptz default 'infinity')
  returns date
  language sql stable
  begin atomic
    select session
    from pipeline.phase_run
    where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')
      and session <= coalesce(as_of, 'infinity') and coalesce(finished_at, '-infinity') <= known_at
    order by session desc
    limit 1;
  end`,

  `create function pipeline.named_universes()
  returns table (universe text, id integer, type text, name text, key text, title text, cache_type text, policy jsonb,
                 retired_session date)
  language sql stable
  begin atomic
    select case when row_number() over (partition by u.key order by u.retired_session is not null, u.id) = 1
                then u.key else u.name || '/' || u.key end,
           u.id, u.type, u.name, u.key, u.title, u.cache_type, u.policy, u.retired_session
    from pipeline.universe u
    where u.cache_type <> 'stats';
  end`,

  `create function pipeline.find_universe(name text)
  returns integer
  language sql stable
  begin atomic
    select n.id
    from pipeline.named_universes() n
    where find_universe.name in (n.universe, n.name || '/' || n.key)
    order by n.universe = find_universe.name desc, n.retired_session is not null, n.id
    limit 1;
  end`,

  `create function pipeline.symbols_at(session date)
  returns table (symbol text, name text, type text, exchange text, sector text, industry text, sic_code text, list_date date,
                 delisted_date date, active boolean, etf_type text, aum_millions numeric)
  language sql stable
  as $$
    select f.symbol, f.name, f.type, f.exchange, f.sector, f.industry, f.sic_code, f.list_date, f.delisted_date, f.active,
           f.etf_type, f.aum_millions
    from pipeline.symbol_fact f
    where f.valid_from <= symbols_at.session and (f.valid_to is null or f.valid_to > symbols_at.session)
    union all
    select s.symbol::text collate "C", s.name::text, s.type::text, coalesce(s.primary_exchange, s.exchange)::text, s.sector::text,
           s.industry::text, s.sic_code::text, s.list_date::date, s.delisted_date::date, coalesce(s.active, false),
           s.etf_type::text, s.aum_millions::numeric
    from public.symbols s
    where not exists (
      select from pipeline.symbol_fact f
      where f.symbol = s.symbol and f.valid_from <= symbols_at.session
        and (f.valid_to is null or f.valid_to > symbols_at.session)
    )
  $$`,

  `create function pipeline.symbol_universes(symbol text, as_of date default null, known_at timestamptz default 'infinity')
  returns table (universe text, universe_id integer, type text, title text, since date)
  language sql stable
  begin atomic
    with asked as materialized (
      select pipeline.published_session(symbol_universes.as_of, symbol_universes.known_at) as session
    )
    select n.universe, n.id, n.type, n.title, m.valid_from
    from pipeline.membership m
    join pipeline.named_universes() n on n.id = m.universe_id
    where m.symbol = symbol_universes.symbol
      and m.valid_from <= (select session from asked)
      and (m.valid_to is null or m.valid_to > (select session from asked))
      and m.known_from <= symbol_universes.known_at
      and (m.known_to is null or m.known_to > symbol_universes.known_at)
    order by n.id;
  end`,

  `create function pipeline.universe_diff(name text, from_session date, to_session date, known_at timestamptz default 'infinity')
  returns table (symbol text, action text, session date, reason text)
  language sql stable
  begin atomic
    with asked as materialized (
      select pipeline.find_universe(universe_diff.name) as id,
             pipeline.published_session(universe_diff.from_session, universe_diff.known_at) as first,
             pipeline.published_session(universe_diff.to_session, universe_diff.known_at) as last
    ), before as materialized (
      select pipeline.members(a.id, a.first, universe_diff.known_at) as symbol from asked a
    ), after as materialized (
      select pipeline.members(a.id, a.last, universe_diff.known_at) as symbol from asked a
    ), differing as (
      select b.symbol, 'removed' as action from before b where b.symbol not in (select symbol from after)
      union all
      select c.symbol, 'added' from after c where c.symbol not in (select symbol from before)
    ), changes as (
      select distinct on (c.symbol, c.action) c.symbol, c.action, c.session, c.reason
      from pipeline.membership_change c, asked a
      where c.universe_id = a.id and c.session > a.first and c.session <= a.last
        and c.known_at <= universe_diff.known_at
        and (c.superseded_at is null or c.superseded_at > universe_diff.known_at)
      order by c.symbol, c.action, c.session desc, c.id desc
    )
    select d.symbol, d.action, c.session, c.reason
    from differing d
    left join changes c on c.symbol = d.symbol and c.action = d.action
    order by d.action, c.session, d.symbol;
  end`,

  ...comments({
    'members(integer, date, timestamptz)':
      'Symbols of a universe (id) on a session, as believed at known_at. valid_from <= as_of < valid_to and known_from <= known_at < known_to.',
    'published_session(date, timestamptz)':
      'The newest session published by as_of (default: of all), of those published by known_at. Null: none was.',
    'named_universes()':
      'Every universe with the name to ask for it by: its key, or name/key where an earlier universe has the same key. Retired ones after those in use.',
    'find_universe(text)': 'Id of a universe by key or name/key, also of a retired one. Null: there is none.',
    'symbols_at(date)':
      'What was known of every symbol on a session; of symbols without a recorded fact then, what is known now.',
    'symbol_universes(text, date, timestamptz)': 'Universes that a symbol was a member of, and since which session.',
    'universe_diff(text, date, date, timestamptz)':
      'Members at to_session against those at from_session: who came and who went, in which session and why. Who left and came back in between is not listed.',
  }),
];

function comments(texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts).map(
    ([signature, text]) => `comment on function pipeline.${signature} is '${text.replaceAll("'", "''")}'`,
  );
}

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
