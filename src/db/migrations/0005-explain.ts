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

  `create function pipeline.members_with_figures(universe integer, session date, known_at timestamptz default 'infinity')
  returns table ("position" integer, symbol text, since date, market_cap_usd bigint, rank integer, close numeric,
                 price_session date, source text, flags text[])
  language sql stable
  begin atomic
    with asked as materialized (
      select u.type = 'etf_universe' as has_only_etfs, array(select jsonb_array_elements_text(case when jsonb_typeof(u.policy -> 'etfs') = 'array' then u.policy -> 'etfs' else '[]' end)) as etfs,
             (select max(v.session) from pipeline.valuation v where v.session <= members_with_figures.session) as figures
      from pipeline.universe u
      where u.id = members_with_figures.universe
    ), believed as (
      select m.symbol, m.valid_from,
             case when (select has_only_etfs from asked) then 0 else array_position((select etfs from asked), m.symbol) end as fund
      from pipeline.membership m
      where m.universe_id = members_with_figures.universe
        and m.valid_from <= members_with_figures.session and m.known_from <= members_with_figures.known_at
        and ((m.valid_to is null and m.known_to is null)
          or (m.valid_to is null and m.known_to > members_with_figures.known_at)
          or (m.valid_to > members_with_figures.session and (m.known_to is null or m.known_to > members_with_figures.known_at)))
    )
    select (row_number() over (
             order by coalesce(m.fund, -1), case when m.fund is null then coalesce(v.market_cap_usd, 0) end desc,
                      coalesce(v.dollar_volume_usd, 0) desc, m.symbol
           ))::integer,
           m.symbol, m.valid_from, v.market_cap_usd, v.rank, v.close, v.price_session, v.source, v.flags
    from believed m
    left join pipeline.valuation v on v.session = (select figures from asked) and v.symbol = m.symbol
    order by 1;
  end`,

  `create function pipeline.universe_members(name text, as_of date default null, known_at timestamptz default 'infinity')
  returns table ("position" integer, symbol text, since date, market_cap_usd bigint, rank integer, close numeric,
                 price_session date, source text, flags text[])
  language sql stable
  begin atomic
    select m."position", m.symbol, m.since, m.market_cap_usd, m.rank, m.close, m.price_session, m.source, m.flags
    from pipeline.members_with_figures(
      pipeline.find_universe(universe_members.name),
      pipeline.published_session(universe_members.as_of, universe_members.known_at),
      universe_members.known_at
    ) m
    order by m."position";
  end`,

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

  `create function pipeline.name_key(name text)
  returns text
  language sql immutable
  return regexp_replace(replace(lower(btrim(name, E' \\t\\r\\n')), '&', 'and'), '[^a-z0-9]+', '_', 'g')`,

  `create function pipeline.policy_number(policy jsonb, key text)
  returns numeric
  language sql immutable
  return case when jsonb_typeof(policy -> key) = 'number' then (policy ->> key)::numeric end`,

  `create function pipeline.universe_scope(universe integer, session date)
  returns table (symbol text, place integer, rank integer, market_cap_usd bigint, dollar_volume_usd bigint)
  language sql stable
  as $$
    with asked as materialized (
      select case when policy ->> 'rule' = 'combination' then 'all'
                  when policy ->> 'rule' in ('ranking', 'complete') and policy ->> 'size' is not null then policy ->> 'of' end as kind,
             pipeline.name_key(policy ->> 'value') as value,
             (select max(v.session) from pipeline.valuation v where v.session <= universe_scope.session) as figures
      from pipeline.universe where id = universe_scope.universe
    ), known as materialized (
      select s.symbol, s.type = 'ETF' as is_etf,
             case (select kind from asked) when 'sector' then s.sector when 'industry' then s.industry end as name
      from pipeline.symbols_at(universe_scope.session) s
      where (select kind from asked) in ('sector', 'industry', 'etfs')
    ), names as materialized (
      select distinct k.name from known k where k.name is not null
    ), listed as (
      select k.symbol
      from known k
      where case when (select kind from asked) = 'etfs' then k.is_etf
                 else k.name in (select n.name from names n where pipeline.name_key(n.name) = (select value from asked)) end
    )
    select v.symbol,
           (row_number() over (order by v.rank, coalesce(v.dollar_volume_usd, 0) desc, v.symbol))::integer,
           v.rank, v.market_cap_usd, v.dollar_volume_usd
    from pipeline.valuation v
    where v.session = (select figures from asked)
      and case (select kind from asked)
            when 'all' then v.rank is not null
            when 'stocks' then v.rank is not null
            when 'etfs' then v.exclusion is distinct from 'NOT_LISTED_YET' and v.symbol in (select symbol from listed)
            else v.rank is not null and v.symbol in (select symbol from listed)
          end
    order by 2
  $$`,

  // Compiling a statement of so many parts takes PostgreSQL 15 ten times as long as running it.
  `create function pipeline.why(symbol text, name text, as_of date default null)
  returns jsonb
  language sql stable
  set jit = off
  as $$
    with moment as materialized (
      select m.session, (select max(v.session) from pipeline.valuation v where v.session <= m.session) as figures
      from pipeline.published_session(why.as_of) as m (session)
    ), universe as materialized (
      select n.* from pipeline.named_universes() n where n.id = (select pipeline.find_universe(why.name))
    ), fact as (
      select f.name, f.type, f.exchange, f.sector, f.industry, f.sic_code, f.list_date, f.delisted_date, f.active, f.etf_type,
             f.aum_millions, 1 as preference
      from pipeline.symbol_fact f, moment
      where f.symbol = why.symbol and f.valid_from <= moment.session and (f.valid_to is null or f.valid_to > moment.session)
      union all
      select s.name, s.type, coalesce(s.primary_exchange, s.exchange), s.sector, s.industry, s.sic_code, s.list_date,
             s.delisted_date, coalesce(s.active, false), s.etf_type, s.aum_millions, 2
      from public.symbols s
      where s.symbol = why.symbol
      order by preference
      limit 1
    ), figure as (
      select v.close, v.price_session, v.shares, v.market_cap_usd, v.raw_cap_usd, v.dollar_volume_usd, v.source, v.rank,
             v.exclusion, v.flags, v.suspect_sessions
      from pipeline.valuation v
      where v.session = (select figures from moment) and v.symbol = why.symbol
    ), figures as materialized (
      select v.symbol, v.rank, v.market_cap_usd, v.dollar_volume_usd
      from pipeline.valuation v
      where v.session = (select figures from moment)
    ), funds as materialized (
      select u.type = 'etf_universe' as only_these, array(select jsonb_array_elements_text(case when jsonb_typeof(u.policy -> 'etfs') = 'array' then u.policy -> 'etfs' else '[]' end)) as symbols
      from universe u
    ), member as materialized (
      select m.symbol, f.market_cap_usd,
             row(coalesce(place.fund, -1), case when place.fund is null then -coalesce(f.market_cap_usd, 0) end,
                 -coalesce(f.dollar_volume_usd, 0), m.symbol collate "C") as sorting
      from pipeline.members((select id from universe), (select session from moment)) as m (symbol)
      left join figures f on f.symbol = m.symbol
      cross join lateral (
        select case when (select only_these from funds) then 0 else array_position((select symbols from funds), m.symbol) end as fund
      ) place
    ), own as materialized (
      select m.valid_from as since,
             (select 1 + count(*) from member before where before.sorting < itself.sorting) as "position"
      from pipeline.membership m
      join member itself on itself.symbol = m.symbol
      where m.symbol = why.symbol and m.universe_id = (select id from universe) and m.known_to is null
        and m.valid_from <= (select session from moment)
        and (m.valid_to is null or m.valid_to > (select session from moment))
    ), gone as (
      select max(m.valid_to) as session
      from pipeline.membership m
      where m.symbol = why.symbol and m.universe_id = (select id from universe) and m.known_to is null
        and m.valid_to <= (select session from moment)
    ), change as (
      select distinct on (c.action) c.action,
             jsonb_build_object('session', c.session, 'reason', c.reason, 'detail', c.detail, 'run_id', c.run_id,
                                'known_at', c.known_at) as body
      from pipeline.membership_change c
      where c.universe_id = (select id from universe) and c.symbol = why.symbol and c.superseded_at is null
        and (c.session, c.action) in (
          select since, 'added' from own
          union all
          select session, 'removed' from gone where not exists (select from own)
        )
      order by c.action, c.id desc
    ), hold as (
      select jsonb_agg(jsonb_build_object('id', h.id, 'gate', h.gate, 'whole_session', h.universe_id is null,
               'measured', h.measured, 'threshold', h.threshold, 'message', h.message, 'state', h.state,
               'decided_by', h.decided_by, 'decided_at', h.decided_at, 'decision_reason', h.decision_reason) order by h.id) as body
      from pipeline.hold h
      where h.session = (select session from moment)
        and (h.universe_id is null or h.universe_id = (select id from universe))
    ), size as (
      select pipeline.policy_number(policy, case when policy ->> 'rule' = 'combination' then 'stocks' else 'size' end) as stocks,
             policy -> 'banding' as banding
      from universe
    ), cut as (
      select stocks, round(stocks * coalesce(pipeline.policy_number(banding, 'inRatio'), 1))::integer as enter,
             greatest(stocks + 1, round(stocks * coalesce(pipeline.policy_number(banding, 'outRatio'), 1)))::integer as leave
      from size
    ), kind as materialized (
      select case when policy ->> 'rule' = 'combination' or policy ->> 'of' in ('all', 'stocks') then 'all' else policy ->> 'of' end as name
      from universe
      where policy ->> 'rule' in ('ranking', 'complete', 'combination') and (select stocks from size) is not null
    ), scope as materialized (
      -- Ranks of the whole market are stored; of a part of it they have to be counted.
      select f.symbol, f.rank as place, f.rank, f.market_cap_usd, f.dollar_volume_usd
      from figures f
      where (select name from kind) = 'all' and f.rank is not null
      union all
      select s.symbol, s.place, s.rank, s.market_cap_usd, s.dollar_volume_usd
      from pipeline.universe_scope((select id from universe), (select session from moment)) s
      where (select name from kind) <> 'all'
    ), places as (
      select jsonb_build_object('size', (select stocks from cut), 'symbols', (select count(*) from scope),
        'place', (select place from scope s where s.symbol = why.symbol),
        'enter', (select to_jsonb(s) from scope s join cut on s.place = cut.enter),
        'leave', (select to_jsonb(s) from scope s join cut on s.place = cut.leave),
        'enter_place', (select enter from cut), 'leave_place', (select leave from cut)) as body
      where exists (select from scope)
    )
    select jsonb_build_object(
      'symbol', why.symbol,
      'facts', (select to_jsonb(f) - 'preference' from fact f),
      'universe', (select to_jsonb(u) from universe u),
      'session', (select session from moment),
      'figures_session', (select figures from moment),
      'member', exists (select from own),
      'since', (select since from own),
      'position', (select "position" from own),
      'size', (select count(*) from member),
      'smallest_member', (select jsonb_build_object('symbol', m.symbol, 'market_cap_usd', m.market_cap_usd)
                          from member m where m.market_cap_usd > 0 order by m.market_cap_usd, m.symbol limit 1),
      'entered', (select body from change where action = 'added'),
      'left', (select body from change where action = 'removed'),
      'valuation', (select to_jsonb(f) from figure f),
      'holds', coalesce((select body from hold), '[]'),
      'scope', (select body from places))
  $$`,

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
    'members_with_figures(integer, date, timestamptz)':
      'As universe_members, for a universe by id and a session that was published.',
    'universe_members(text, date, timestamptz)':
      'Members in published order, with the figures of the session. as_of need not be a session: the newest published one by then counts. known_at chooses memberships; of figures only the newest are kept.',
    'symbol_universes(text, date, timestamptz)': 'Universes that a symbol was a member of, and since which session.',
    'universe_diff(text, date, date, timestamptz)':
      'Members at to_session against those at from_session: who came and who went, in which session and why. Who left and came back in between is not listed.',
    'name_key(text)':
      'A sector or industry name as universe keys have it: spellings that come to the same key are one.',
    'policy_number(jsonb, text)': 'A number of a policy; null where there is none, or something else.',
    'universe_scope(integer, date)':
      'Those that a ranking chooses from, in its order: eligible stocks by rank, all or of one sector or industry, or ETFs by dollar volume. Empty for universes without a cut-off.',
    'why(text, text, date)':
      'The facts of why a symbol was a member of a universe on a session, or was not: figures, ranks, the change that began or ended the membership, holds, and the cut-offs. The policy is the newest.',
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
