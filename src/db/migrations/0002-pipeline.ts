import { sql, type Kysely } from 'kysely';

/**
 * Everything this product keeps for itself. Statuses are checked here so that no code path can store one that readers do not know.
 *
 * `membership` has no exclusion constraint against overlaps: GiST was measured at 70 µs a row, ten times the rest of the write.
 * The partial unique index on open rows and the single writer make overlaps impossible; tests check it.
 */
const STATEMENTS = [
  `create sequence pipeline.fence_seq`,

  `create table pipeline.run (
    id uuid primary key,
    pipeline text not null default 'daily',
    session date not null,
    trigger text not null check (trigger in ('manual', 'automatic', 'backfill', 'api')),
    mode text not null,
    force boolean not null,
    phases text[] not null,
    status text not null
      check (status in ('pending', 'running', 'completed', 'completed_with_holds', 'failed', 'cancelled', 'interrupted')),
    attempt integer not null default 1,
    lease_owner text,
    lease_expires_at timestamptz,
    fence bigint not null unique default nextval('pipeline.fence_seq'),
    started_at timestamptz not null,
    finished_at timestamptz,
    counters jsonb,
    report jsonb,
    error jsonb,
    hashes jsonb
  )`,
  `create index run_started_idx on pipeline.run (started_at desc)`,
  `create index run_open_idx on pipeline.run (status) where status in ('pending', 'running')`,

  `create table pipeline.phase_run (
    run_id uuid not null references pipeline.run on delete cascade,
    phase text not null,
    ordinal numeric not null,
    session date not null,
    status text not null
      check (status in ('pending', 'running', 'completed', 'completed_with_holds', 'failed', 'cancelled', 'interrupted')),
    started_at timestamptz,
    finished_at timestamptz,
    counters jsonb,
    report jsonb,
    error jsonb,
    hashes jsonb,
    primary key (run_id, phase)
  )`,
  `create index phase_run_done_idx on pipeline.phase_run (phase, session desc) where status in ('completed', 'completed_with_holds')`,

  `create table pipeline.valuation (
    session date not null,
    symbol text collate "C" not null,
    close numeric,
    price_session date,
    shares bigint,
    market_cap_usd bigint,
    dollar_volume_usd bigint,
    source text not null check (source in ('close_x_shares', 'source_market_cap', 'none')),
    rank integer,
    exclusion text,
    flags text[] not null default '{}',
    primary key (session, symbol)
  )`,

  `create table pipeline.universe (
    id integer generated always as identity primary key,
    type text not null,
    name text not null,
    key text not null,
    title text not null,
    cache_type text not null,
    policy jsonb not null,
    policy_hash text not null,
    retired_session date,
    unique (type, name, key)
  )`,

  `create table pipeline.membership (
    universe_id integer not null references pipeline.universe,
    symbol text collate "C" not null,
    valid_from date not null,
    valid_to date,
    known_from timestamptz not null,
    known_to timestamptz,
    run_in uuid not null,
    run_out uuid,
    check (valid_to is null or valid_to > valid_from)
  )`,
  `create unique index membership_open_idx on pipeline.membership (universe_id, symbol) where valid_to is null and known_to is null`,
  `create index membership_symbol_idx on pipeline.membership (symbol, valid_from)`,
  `create index membership_closed_idx on pipeline.membership (universe_id, valid_to) where valid_to is not null`,

  `create table pipeline.membership_change (
    id bigint generated always as identity primary key,
    run_id uuid not null,
    session date not null,
    universe_id integer not null references pipeline.universe,
    symbol text collate "C" not null,
    action text not null check (action in ('added', 'removed')),
    reason text not null,
    detail jsonb,
    known_at timestamptz not null
  )`,
  `create index membership_change_session_idx on pipeline.membership_change (session, universe_id)`,

  `create table pipeline.projection (
    type text not null,
    name text not null,
    key text not null,
    environment text not null,
    universe_id integer references pipeline.universe,
    value_hash text not null,
    row_version text not null,
    primary key (type, name, key, environment)
  )`,

  `create table pipeline.hold (
    id integer generated always as identity primary key,
    run_id uuid not null references pipeline.run,
    session date not null,
    universe_id integer references pipeline.universe,
    gate text not null,
    measured numeric,
    threshold numeric,
    detail jsonb,
    state text not null default 'open' check (state in ('open', 'approved', 'rejected')),
    decided_by text,
    decided_at timestamptz,
    decision_reason text,
    created_at timestamptz not null
  )`,
  `create index hold_open_idx on pipeline.hold (session) where state = 'open'`,

  `create table pipeline.rejected_row (
    session date not null,
    source text not null,
    origin text not null,
    row_number integer not null,
    symbol text,
    raw text not null,
    reason text not null,
    detail text,
    run_id uuid not null,
    primary key (session, source, origin, row_number)
  )`,

  `create table pipeline.outbox (
    event_id uuid primary key,
    run_id uuid not null,
    sequence integer not null,
    channel text not null,
    body jsonb not null,
    created_at timestamptz not null,
    published_at timestamptz,
    unique (run_id, sequence)
  )`,
  `create index outbox_backlog_idx on pipeline.outbox (created_at) where published_at is null`,

  `create table pipeline.schedule (
    pipeline text primary key,
    enabled boolean not null,
    trigger_time time not null,
    timezone text not null,
    market_check boolean not null,
    universes text[] not null,
    updated_at timestamptz not null
  )`,

  `create table pipeline.slot (
    pipeline text not null,
    session date not null,
    run_id uuid references pipeline.run,
    state text not null check (state in ('due', 'claimed', 'completed', 'skipped')),
    reason text,
    updated_at timestamptz not null,
    primary key (pipeline, session)
  )`,

  `create table pipeline.calendar_override (
    date date primary key,
    kind text not null check (kind in ('closed', 'early-close', 'open')),
    reason text not null,
    created_at timestamptz not null
  )`,

  `create function pipeline.members(universe integer, as_of date, known_at timestamptz default 'infinity')
  returns setof text
  language sql stable
  begin atomic
    select symbol
    from pipeline.membership
    where universe_id = universe
      and valid_from <= as_of and (valid_to is null or valid_to > as_of)
      and known_from <= known_at and (known_to is null or known_to > known_at);
  end`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
