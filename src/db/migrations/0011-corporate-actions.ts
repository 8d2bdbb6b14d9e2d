import { sql, type Kysely } from 'kysely';
import { ACTION_COMMENTS } from './comments/actions.js';
import { writeComments } from './comments/write-comments.js';

/**
 * Corporate actions, and unexplained moves of prices.
 *
 * A row of both is keyed by the ticker that the security had in the session: ticker and session together name one security.
 *
 * `price_scan`: the sessions whose prices have been compared with those before; the import removes the rows of what it changes.
 */
const STATEMENTS = [
  `create table pipeline.corporate_action (
    id bigint generated always as identity primary key,
    symbol text collate "C" not null,
    session date not null,
    kind text not null check (kind in
      ('split', 'stock_dividend', 'unit_change', 'cash_dividend', 'spin_off', 'distribution', 'merger', 'none')),
    new_shares numeric check (new_shares > 0),
    old_shares numeric check (old_shares > 0),
    amount_usd numeric check (amount_usd > 0),
    source text not null check (source in ('derived', 'file', 'person')),
    entered_by text,
    evidence jsonb not null default '{}',
    known_from timestamptz not null,
    known_to timestamptz,
    withdrawn_by text,
    check ((kind in ('split', 'stock_dividend', 'unit_change')) = (new_shares is not null)),
    check ((new_shares is null) = (old_shares is null)),
    check (kind not in ('cash_dividend', 'distribution') or amount_usd is not null),
    check ((source = 'derived') = (entered_by is null))
  )`,
  `create unique index corporate_action_known_key on pipeline.corporate_action (symbol, session, kind, source) where known_to is null`,
  `create index corporate_action_session_idx on pipeline.corporate_action (session)`,

  `create table pipeline.exception (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('PRICE_MOVE')),
    symbol text collate "C" not null,
    session date not null,
    reason text not null,
    evidence jsonb not null,
    proposal jsonb,
    state text not null default 'open' check (state in ('open', 'approved', 'rejected', 'superseded')),
    known_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    check ((state in ('approved', 'rejected')) = (decided_by is not null))
  )`,
  `create unique index exception_current_key on pipeline.exception (kind, symbol, session) where state <> 'superseded'`,
  `create index exception_open_idx on pipeline.exception (session) where state = 'open'`,

  `create table pipeline.price_scan (
    session date primary key,
    previous_session date,
    scanned_at timestamptz not null
  )`,

  // The rows of a person or a file take the place of derived ones of the same session.
  `create function pipeline.share_factors(known_at timestamptz default 'infinity')
  returns table (symbol text, session date, factor numeric, kind text)
  language sql stable
  begin atomic
    select distinct on (a.symbol, a.session) a.symbol, a.session, a.old_shares / a.new_shares, a.kind
    from pipeline.corporate_action a
    where a.known_from <= share_factors.known_at and (a.known_to is null or a.known_to > share_factors.known_at)
      and a.kind in ('split', 'stock_dividend', 'unit_change', 'none')
    order by a.symbol, a.session, (a.source = 'derived'), a.id desc;
  end`,

  `comment on column pipeline.symbol_event.reason is 'ABSENT: no bar for too long; REPORTED_INACTIVE; TRADES_AGAIN; TICKER_CHANGED; FIRST_DAY: the source marks a first trading day.'`,

  // Not `begin atomic`: a body that is bound to a host's table would keep the host from changing its columns.
  `create function pipeline.bars(symbol text, "from" date, until date, adjusted text default 'split', known_at timestamptz default 'infinity')
  returns table (session date, ticker text, open numeric, high numeric, low numeric, close numeric, volume numeric,
                 factor numeric, exception bigint)
  language sql stable
  as $$
    with recursive taken as (
      select (detail ->> 'to') collate "C" as ticker, e.symbol as former, coalesce((detail ->> 'first_session')::date, e.session) as since
      from pipeline.symbol_event e
      where e.event = 'renamed' and e.superseded_at is null
      union all
      select e.symbol, null, e.session from pipeline.symbol_event e where e.event = 'reused' and e.superseded_at is null
    ), followed as (
      select bars.symbol collate "C" as ticker,
             coalesce((select max(t.since) from taken t where t.ticker = bars.symbol collate "C"), '-infinity') as since, 0 as step
      union all
      select later.ticker, later.since, followed.step + 1
      from followed
      cross join lateral (
        select t.ticker, t.since from taken t where t.former = followed.ticker and t.since > followed.since order by t.since limit 1
      ) later
    ), present as (
      select newest.ticker, coalesce((select min(t.since) from taken t where t.ticker = newest.ticker and t.since > newest.since), 'infinity') as before
      from (select ticker, since from followed order by step desc limit 1) newest
    ), held as (
      select present.ticker, newest.former collate "C", coalesce(newest.since, '-infinity') as since, present.before
      from present
      left join lateral (
        select * from taken t where t.ticker = present.ticker and t.since < present.before order by t.since desc limit 1
      ) newest on true
      union all
      select held.former, newest.former, coalesce(newest.since, '-infinity'), held.since
      from held
      left join lateral (
        select * from taken t where t.ticker = held.former and t.since < held.since order by t.since desc limit 1
      ) newest on true
      where held.former is not null
    ), share_change as (
      select f.session, ln(f.factor) as exponent
      from held join pipeline.share_factors(bars.known_at) f on f.symbol = held.ticker and f.session >= held.since and f.session < held.before
      where f.kind <> 'none' and bars.adjusted in ('split', 'total')
    ), payment as (
      select a.session, ln(greatest(1 - a.amount_usd / before.close, 0.000001)) as exponent
      from held
      join pipeline.corporate_action a on a.symbol = held.ticker and a.session >= held.since and a.session < held.before
      cross join lateral (
        select b.close::numeric as close from ohlcv_daily b
        where b.symbol = a.symbol collate "default" and b.date < a.session and b.close::numeric > 0
        order by b.date desc
        limit 1
      ) before
      where bars.adjusted = 'total' and a.amount_usd is not null
        and a.known_from <= bars.known_at and (a.known_to is null or a.known_to > bars.known_at)
    )
    select b.date, held.ticker, round(b.open::numeric * by_all.factor, 6), round(b.high::numeric * by_all.factor, 6),
           round(b.low::numeric * by_all.factor, 6), round(b.close::numeric * by_all.factor, 6),
           round(b.volume::numeric / by_shares.factor, 0), round(by_all.factor, 12),
           (select e.id from pipeline.exception e
            where e.kind = 'PRICE_MOVE' and e.symbol = held.ticker and e.session = b.date and e.state = 'open')
    from held
    join ohlcv_daily b on b.symbol = held.ticker collate "default" and b.date >= held.since and b.date < held.before and b.date between bars."from" and bars.until
    cross join lateral (select exp(coalesce(sum(s.exponent), 0)) as factor from share_change s where s.session > b.date) by_shares
    cross join lateral (
      select by_shares.factor * exp(coalesce(sum(p.exponent), 0)) as factor from payment p where p.session > b.date
    ) by_all
    order by b.date
  $$`,
  `comment on function pipeline.bars is
    'Bars of the security that had a ticker last, under every ticker it had, adjusted to its newest shares: none, split, or total (dividends too), as known at a time.'`,
  `comment on function pipeline.share_factors is
    'By what closes before a session count after it: one row a security and session, as known at a time. none: a person says that nothing happened.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
  await writeComments(db, ACTION_COMMENTS);
}
