import { sql, type Kysely } from 'kysely';

/**
 * Decisions are stored when they are made; `pipeline.why`, `pipeline.universe_members` and the library read them and compute none again.
 *
 * `valuation`: beside the rank among all eligible stocks, the rank within the sector and industry, and among ETFs.
 * `selection`: the limits that were applied to a universe in a session, and its published order where the ranks do not give it.
 *
 * Sessions that were published before get the ranks of ETFs; their limits are known from the next replay on.
 */
const STATEMENTS = [
  `alter table pipeline.valuation
    add column sector_group text collate "C",
    add column sector_rank integer,
    add column industry_group text collate "C",
    add column industry_rank integer,
    add column etf_rank integer`,

  `update pipeline.valuation v
   set etf_rank = ranked.place
   from (
     select v.session, v.symbol,
            row_number() over (partition by v.session order by coalesce(v.dollar_volume_usd, 0) desc, v.symbol) as place
     from pipeline.valuation v
     join pipeline.symbol_fact f on f.symbol = v.symbol and f.valid_from <= v.session and (f.valid_to is null or f.valid_to > v.session)
     where f.type = 'ETF' and v.exclusion = 'NOT_COMMON'
   ) as ranked
   where v.session = ranked.session and v.symbol = ranked.symbol`,

  `create table pipeline.selection (
    session date not null,
    universe_id integer not null references pipeline.universe,
    symbols text[] collate "C",
    limits jsonb,
    primary key (universe_id, session)
  )`,

  `drop function if exists pipeline.universe_members(text, date, timestamptz)`,
  `drop function if exists pipeline.members_with_figures(integer, date, timestamptz)`,
  `drop function if exists pipeline.why(text, text, date)`,
  `drop function if exists pipeline.universe_scope(integer, date)`,
  `drop function if exists pipeline.policy_number(jsonb, text)`,
  `drop function if exists pipeline.name_key(text)`,

  `create function pipeline.members_with_figures(universe integer, session date, known_at timestamptz default 'infinity')
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
      select m.symbol, m.valid_from
      from pipeline.membership m
      where m.universe_id = members_with_figures.universe
        and m.valid_from <= members_with_figures.session and m.known_from <= members_with_figures.known_at
        and ((m.valid_to is null and m.known_to is null)
          or (m.valid_to is null and m.known_to > members_with_figures.known_at)
          or (m.valid_to > members_with_figures.session and (m.known_to is null or m.known_to > members_with_figures.known_at)))
    )
    select (row_number() over (order by l.place, v.rank, v.etf_rank, m.symbol))::integer,
           m.symbol, m.valid_from, v.market_cap_usd, v.rank, v.close, v.price_session, v.source, v.flags
    from believed m
    left join listed l on l.symbol = m.symbol
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

  `create function pipeline.limits(universe integer, session date)
  returns jsonb
  language sql stable
  begin atomic
    select s.limits
    from pipeline.selection s
    where s.universe_id = limits.universe and s.session <= limits.session
    order by s.session desc
    limit 1;
  end`,

  // The body is text: a parsed one would make the server refuse the owner of symbols to change its columns. Compiling a statement of so many parts
  // takes PostgreSQL 15 ten times as long as running it.
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
    ), figure as materialized (
      select v.*
      from pipeline.valuation v
      where v.session = (select figures from moment) and v.symbol = why.symbol
    ), member as materialized (
      select m."position", m.symbol, m.since, m.market_cap_usd
      from pipeline.members_with_figures((select id from universe), (select session from moment)) m
    ), own as materialized (
      select m.since, m."position" from member m where m.symbol = why.symbol
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
    ), decided as materialized (
      select pipeline.limits((select id from universe), (select session from moment)) as limits
    ), rank_limits as materialized (
      select l.*
      from decided, jsonb_to_record(decided.limits) as l (kind text, "of" text, "group" text, size integer, candidates integer,
        enter_rank integer, enter_symbol text, leave_rank integer, leave_symbol text)
      where l.kind = 'rank'
    ), holder as materialized (
      select v.symbol, jsonb_build_object('symbol', v.symbol, 'market_cap_usd', v.market_cap_usd, 'dollar_volume_usd', v.dollar_volume_usd) as body
      from pipeline.valuation v
      where v.session = (select figures from moment) and v.symbol in (select unnest(array[enter_symbol, leave_symbol]) from rank_limits)
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
      'valuation', (select to_jsonb(f) - 'session' - 'symbol' from figure f),
      'holds', coalesce((select body from hold), '[]'),
      'limits', (select limits from decided),
      'scope', (
        select jsonb_build_object('size', l.size, 'symbols', l.candidates,
          'place', (select case l."of" when 'stocks' then f.rank when 'etfs' then f.etf_rank
                                       when 'sector' then case when f.sector_group = l."group" then f.sector_rank end
                                       when 'industry' then case when f.industry_group = l."group" then f.industry_rank end end
                    from figure f),
          'enter_place', l.enter_rank, 'enter', (select body from holder where holder.symbol = l.enter_symbol),
          'leave_place', l.leave_rank, 'leave', (select body from holder where holder.symbol = l.leave_symbol))
        from rank_limits l))
  $$`,

  ...comments({
    'function pipeline.members_with_figures(integer, date, timestamptz)':
      'As universe_members, for a universe by id and a session that was published.',
    'function pipeline.universe_members(text, date, timestamptz)':
      'Members in published order, with the figures of the session. as_of need not be a session: the newest published one by then counts. known_at chooses memberships; of figures and order only the newest are kept.',
    'function pipeline.limits(integer, date)':
      'The limits that were applied to a universe (id) in a session, or in the newest one before that published it. Null: size does not decide, or the session was published before limits were stored.',
    'function pipeline.why(text, text, date)':
      'The facts of why a symbol was a member of a universe on a session, or was not: figures, ranks, the change that began or ended the membership, holds, and the limits that were applied. The policy is the newest.',
    'table pipeline.selection':
      'What was decided about each universe of a session: limits by size, and the published order where the ranks do not give it.',
    'column pipeline.selection.session': 'Session that was published.',
    'column pipeline.selection.universe_id': 'Universe, pipeline.universe.id.',
    'column pipeline.selection.symbols': 'Members in published order; null: rank, then etf_rank, then symbol.',
    'column pipeline.selection.limits':
      'kind rank: ranks at which a member enters and leaves, and the symbols that held them; kind cap: USD. Null: size does not decide.',
    'column pipeline.valuation.sector_group': 'Key of the sector; null for a symbol that is not an eligible stock.',
    'column pipeline.valuation.sector_rank': 'Rank among the eligible stocks of the sector, from 1.',
    'column pipeline.valuation.industry_group': 'Key of the industry; null for a symbol that is not an eligible stock.',
    'column pipeline.valuation.industry_rank': 'Rank among the eligible stocks of the industry, from 1.',
    'column pipeline.valuation.etf_rank': 'Rank among active ETFs by dollar volume, from 1.',
  }),
];

function comments(texts: Readonly<Record<string, string>>): string[] {
  return Object.entries(texts).map(([object, text]) => `comment on ${object} is '${text.replaceAll("'", "''")}'`);
}

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
