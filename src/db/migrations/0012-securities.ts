import { sql, type Kysely } from 'kysely';
import { SECURITY_COLUMN_COMMENTS, SECURITY_COMMENTS } from './comments/securities.js';
import { writeComments } from './comments/write-comments.js';

/**
 * Securities with a permanent id, and the tickers that each had.
 *
 * A security is identified by its first ticker and the session since when it had it: the same events, learned in any order, give the same
 * securities, and a security whose events are superseded and found again has its id again. `-infinity`: since before anything was recorded.
 */
const TABLES = [
  `create table pipeline.security (
    id integer generated always as identity primary key,
    first_ticker text collate "C" not null,
    first_session date not null,
    recorded_at timestamptz not null,
    unique (first_ticker, first_session)
  )`,
  `create table pipeline.security_ticker (
    security_id integer not null references pipeline.security,
    ticker text collate "C" not null,
    valid_from date not null,
    valid_to date,
    known_from timestamptz not null,
    known_to timestamptz,
    check (valid_to is null or valid_to > valid_from)
  )`,
  `create unique index security_ticker_known_key on pipeline.security_ticker (ticker, valid_from) where known_to is null`,
  `create index security_ticker_security_idx on pipeline.security_ticker (security_id)`,
  `create index security_ticker_changed_idx on pipeline.security_ticker (ticker)
    where known_to is null and (valid_to is not null or valid_from > '-infinity')`,

  // Not `begin atomic`: a body that is bound to a host's table would keep the host from changing its columns.
  `create function pipeline.resolved_tickers()
  returns table (first_ticker text, first_session date, ticker text, valid_from date, valid_to date)
  language sql stable
  as $$
    with recursive change as materialized (
      select e.symbol as ticker, (e.detail ->> 'to') collate "C" as successor, coalesce((e.detail ->> 'first_session')::date, e.session) as session
      from pipeline.symbol_event e
      where e.event in ('renamed', 'reused') and e.superseded_at is null
    ), taken as (
      select c.successor as ticker, c.session, c.ticker as former from change c where c.successor is not null
      union all
      select c.ticker, c.session, null from change c where c.successor is null
      union all
      -- A ticker that trades on after its security left it is that of another one.
      select c.ticker, c.session, null from change c
      where c.successor is not null
        and exists (select from ohlcv_daily b
                    where b.symbol = c.ticker collate "default" and b.date >= c.session
                      and b.date < coalesce((select min(next.session) from change next
                                             where next.session > c.session and c.ticker in (next.ticker, next.successor)), 'infinity'))
    ), involved as (
      select c.ticker from change c union select c.successor from change c where c.successor is not null
    ), original as (
      select i.ticker, '-infinity'::date as session, null as former
      from involved i
      cross join lateral (select min(t.session) as session from taken t where t.ticker = i.ticker) first
      where first.session is null
        or exists (select from change c where c.ticker = i.ticker and c.session <= first.session)
        or exists (select from ohlcv_daily b where b.symbol = i.ticker collate "default" and b.date < first.session)
        or exists (select from pipeline.symbol_fact f where f.symbol = i.ticker and f.valid_from < first.session)
    ), start as (
      select distinct on (s.ticker, s.session) s.ticker, s.session, s.former
      from (select * from taken union all select * from original) s
      order by s.ticker, s.session, s.former nulls last
    ), span as materialized (
      select p.ticker, p.session, p.former, p.until
      from (
        select s.ticker, s.session, s.former, s.is_start,
               lead(s.session) over (partition by s.ticker order by s.session) as until
        from (
          select start.ticker, start.session, start.former, true as is_start from start
          union all
          select distinct c.ticker, c.session, null, false from change c
          where not exists (select from start where start.ticker = c.ticker and start.session = c.session)
        ) s
      ) p
      where p.is_start
    ), followed as (
      select s.ticker as first_ticker, s.session as first_session, s.ticker, s.session, s.until from span s where s.former is null
      union all
      select f.first_ticker, f.first_session, s.ticker, s.session, s.until
      from followed f
      join span s on s.former = f.ticker and s.session = f.until
    )
    select * from followed
  $$`,
  // In `bars`, the tickers of the security are read instead of followed; the rest of the function stays.
  `do $$
  declare
    definition text := pg_get_functiondef('pipeline.bars(text, date, date, text, timestamptz)'::regprocedure);
    changed text := regexp_replace(definition, 'with recursive taken as .*\\), share_change as \\(', $new$with own as materialized (
      select t.security_id from pipeline.security_ticker t
      where t.ticker = bars.symbol collate "C" and t.known_to is null
      order by t.valid_from desc
      limit 1
    ), held as materialized (
      select t.ticker, t.valid_from as since, coalesce(t.valid_to, 'infinity') as before
      from own join pipeline.security_ticker t on t.security_id = own.security_id and t.known_to is null
      union all
      select bars.symbol collate "C", '-infinity', 'infinity' where not exists (select from own)
    ), share_change as ($new$);
  begin
    if changed = definition then raise exception 'pipeline.bars is not the one of this product'; end if;
    execute changed;
  end $$`,

  `create function pipeline.security_tickers(ticker text, session date default null)
  returns table (security_id integer, ticker text, valid_from date, valid_to date)
  language sql stable
  begin atomic
    with asked as materialized (
      select t.security_id from pipeline.security_ticker t
      where t.ticker = security_tickers.ticker and t.known_to is null
        and (security_tickers.session is null
          or (security_tickers.session >= t.valid_from and (t.valid_to is null or security_tickers.session < t.valid_to)))
      order by t.valid_from desc
      limit 1
    )
    select t.security_id, t.ticker, t.valid_from, t.valid_to
    from asked join pipeline.security_ticker t on t.security_id = asked.security_id and t.known_to is null
    order by t.valid_from;
  end`,
  `comment on function pipeline.security_tickers is
    'Every ticker of the security that one stood for in a session, or stood for last: oldest first. -infinity: since before anything was recorded.'`,

  `comment on function pipeline.resolved_tickers is
    'Securities and their tickers by the current events of symbols; tickers without an event are not listed. What is published is in security_ticker.'`,
];

/** What is recorded so far. Every symbol is a security, divided where a ticker was used again and joined where one was changed. */
const FILL = [
  `insert into pipeline.security (first_ticker, first_session, recorded_at)
  select distinct first_ticker, first_session, now() from pipeline.resolved_tickers()
  union
  select symbol, '-infinity'::date, now()
  from (select symbol from pipeline.symbol_fact union select symbol from pipeline.membership) known
  where symbol not in (select ticker from pipeline.resolved_tickers())`,
  `insert into pipeline.security_ticker (security_id, ticker, valid_from, valid_to, known_from)
  select s.id, r.ticker, r.valid_from, r.valid_to, now()
  from pipeline.resolved_tickers() r
  join pipeline.security s using (first_ticker, first_session)
  union all
  select s.id, s.first_ticker, s.first_session, null, now()
  from pipeline.security s
  where s.first_ticker not in (select ticker from pipeline.resolved_tickers())`,
];

const MEMBERSHIPS = [
  `alter table pipeline.membership add column security_id integer references pipeline.security`,
  `update pipeline.membership m set security_id = t.security_id
  from pipeline.security_ticker t
  where t.ticker = m.symbol and m.valid_from >= t.valid_from and (t.valid_to is null or m.valid_from < t.valid_to)`,
  `alter table pipeline.membership alter column security_id set not null`,
  `create index membership_security_idx on pipeline.membership (security_id) where known_to is null`,
];

/** Exceptions about two tickers. A changed decision is a row of its own, and the former one keeps who made it. */
const EXCEPTIONS = [
  `alter table pipeline.exception
    add column other text collate "C",
    drop constraint exception_kind_check,
    add constraint exception_kind_check check (kind in ('PRICE_MOVE', 'RENAME', 'SAME_COMPANY')),
    drop constraint exception_check,
    add constraint exception_decided_check check (state not in ('approved', 'rejected') or decided_by is not null),
    add constraint exception_other_check check ((kind = 'PRICE_MOVE') = (other is null))`,
  `drop index pipeline.exception_current_key`,
  `create unique index exception_current_key on pipeline.exception (kind, symbol, session, coalesce(other, '')) where state <> 'superseded'`,
];

/** Identifiers of hosts that have them, and the company that share classes belong to. */
const IDENTIFIERS = [
  `alter table pipeline.symbol_fact add column cik text, add column figi text`,
  `update pipeline.symbol_fact f
  set cik = nullif(ltrim(trim(s.cik), '0'), ''),
      figi = substring(upper(coalesce(nullif(trim(s.share_class_figi), ''), s.composite_figi)) from '^\\s*([B-DF-HJ-NP-TV-Z0-9]{12})\\s*$')
  from symbols s
  where f.valid_to is null and s.symbol = f.symbol collate "default" and coalesce(s.cik, s.share_class_figi, s.composite_figi) is not null`,
  `alter table pipeline.valuation add column company text collate "C", add column company_rank integer`,

  // In `why`, the place of a stock where companies are ranked; the rest of the function stays.
  `do $$
  declare
    definition text := pg_get_functiondef('pipeline.why(text, text, date)'::regprocedure);
    changed text := replace(definition, $old$when 'etfs' then f.etf_rank$old$,
      $new$when 'companies' then f.company_rank when 'etfs' then f.etf_rank$new$);
  begin
    if changed = definition then raise exception 'pipeline.why is not the one of this product'; end if;
    execute changed;
  end $$`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of [...TABLES, ...FILL, ...MEMBERSHIPS, ...IDENTIFIERS, ...EXCEPTIONS])
    await sql.raw(statement).execute(db);
  await writeComments(db, SECURITY_COMMENTS);
  for (const [column, text] of Object.entries(SECURITY_COLUMN_COMMENTS))
    await sql.raw(`comment on column pipeline.${column} is '${text.replaceAll("'", "''")}'`).execute(db);
}
