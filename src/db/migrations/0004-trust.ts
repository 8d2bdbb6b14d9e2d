import { sql, type Kysely } from 'kysely';

/**
 * What makes a sync trustworthy and repeatable: what the source said on each session, what was known of a symbol when, the life of a symbol,
 * and enough of a held candidate to decide about it.
 *
 * `source_quote` and `symbol_fact` exist because `symbols` and `ohlcv_daily` only hold what is believed now: a session computed again from them
 * would get today's sectors and market caps. Facts are kept as intervals, one row a change: a snapshot of every symbol a session would be
 * 200 MB a year at 7,000 symbols.
 *
 * `hold.lifted_at`: when a later attempt at the hold's own session did not find it any more. A hold is in force while it is not approved and not
 * lifted: its session, or universe, was not published. Those of before are lifted where their session was synced again.
 *
 * `membership_change.superseded_at`: a replay recomputes sessions that were published before; what it no longer believes stays, marked.
 */
const STATEMENTS = [
  `create table pipeline.source_quote (
    session date not null,
    symbol text collate "C" not null,
    previous_close numeric,
    market_cap_usd bigint,
    is_first_day boolean not null default false,
    primary key (session, symbol)
  )`,

  `create index source_quote_first_day_idx on pipeline.source_quote (session, symbol) where is_first_day`,

  `create table pipeline.symbol_fact (
    symbol text collate "C" not null,
    valid_from date not null,
    valid_to date,
    name text,
    type text,
    exchange text,
    market text,
    sector text,
    industry text,
    sic_code text,
    list_date date,
    delisted_date date,
    active boolean not null,
    shares bigint,
    etf_type text,
    issuer text,
    aum_millions numeric,
    primary key (symbol, valid_from),
    check (valid_to is null or valid_to > valid_from)
  )`,
  `create unique index symbol_fact_open_idx on pipeline.symbol_fact (symbol) where valid_to is null`,
  `create index symbol_fact_from_idx on pipeline.symbol_fact (valid_from)`,

  `alter table pipeline.valuation
    add column raw_cap_usd bigint,
    add column suspect_sessions smallint not null default 0`,

  `alter table pipeline.universe add column first_session date`,
  `update pipeline.universe u
   set first_session = (select min(valid_from) from pipeline.membership m where m.universe_id = u.id)`,

  `create table pipeline.session_measure (
    session date not null,
    exchange text not null,
    bars integer not null,
    compared integer not null,
    unchanged integer not null,
    quoted integer not null,
    agreeing integer not null,
    quoted_earlier integer not null,
    agreeing_earlier integer not null,
    median_volume numeric,
    primary key (session, exchange)
  )`,

  `create table pipeline.symbol_event (
    id bigint generated always as identity primary key,
    run_id uuid not null,
    session date not null,
    symbol text collate "C" not null,
    event text not null check (event in ('delisted', 'relisted', 'reused')),
    reason text not null,
    detail jsonb,
    known_at timestamptz not null,
    superseded_at timestamptz
  )`,
  `create index symbol_event_symbol_idx on pipeline.symbol_event (symbol, session)`,

  `alter table pipeline.membership_change add column superseded_at timestamptz`,

  `alter table pipeline.hold
    add column message text,
    add column candidate jsonb,
    add column candidate_hash text,
    add column input_hash text,
    add column lifted_at timestamptz`,
  `update pipeline.hold h set lifted_at = h.decided_at
   where h.state = 'rejected'
     and exists (select from pipeline.phase_run p
                 where p.phase = 'cache-sync' and p.session = h.session and p.status in ('completed', 'completed_with_holds')
                   and p.started_at > h.created_at)`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
