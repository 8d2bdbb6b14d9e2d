import { sql, type Kysely } from 'kysely';

/** A running run has a lease that any connection can renew, instead of a connection that holds a lock. */
const STATEMENTS = [
  // A function finds the shared tables of TickStock whatever the search path of its caller is.
  `do $$
  declare
    found record;
  begin
    for found in
      select oid from pg_proc
      where pronamespace = 'pipeline'::regnamespace and prosrc ~ '\\m(from|join) (symbols|ohlcv_daily|cache_entries|daily_indicators)\\M'
    loop
      execute regexp_replace(pg_get_functiondef(found.oid),
        '\\m(from|join) (symbols|ohlcv_daily|cache_entries|daily_indicators)\\M', '\\1 public.\\2', 'g');
    end loop;
  end $$`,

  `create table pipeline.lease (
    name text primary key,
    owner text not null,
    instance text not null,
    machine text,
    pid integer not null,
    fence bigint not null,
    acquired_at timestamptz not null,
    renewed_at timestamptz not null,
    expires_at timestamptz not null
  )`,
  `comment on table pipeline.lease is
    'Who does what only one process may do: run is held by the process with the run under way. A row that has expired belongs to a process that died.'`,
  `comment on column pipeline.lease.name is 'What the lease is for: run.'`,
  `comment on column pipeline.lease.owner is 'Host and process, for people.'`,
  `comment on column pipeline.lease.instance is 'The pipeline in that process; its transactions have it in their application_name.'`,
  `comment on column pipeline.lease.machine is 'The processes that can see each other; null where that is not known.'`,
  `comment on column pipeline.lease.pid is 'Process id on that machine.'`,
  `comment on column pipeline.lease.fence is 'Rises with every owner; see run.fence.'`,
  `comment on column pipeline.lease.acquired_at is 'Since when it has this owner. All times of this table are by the clock of the database.'`,
  `comment on column pipeline.lease.renewed_at is 'When the owner last renewed it.'`,
  `comment on column pipeline.lease.expires_at is 'From then on another process may take it over.'`,

  `alter table pipeline.run
    drop column lease_expires_at,
    add column request jsonb,
    add column takeovers integer not null default 0,
    add column cancelled_by text,
    add column cancel_requested_at timestamptz`,
  `comment on column pipeline.run.lease_owner is 'Host and process that has the run, or had it last.'`,
  `comment on column pipeline.run.fence is
    'Rises whenever a run begins or is taken over. A transaction of the run that writes compares it, so that a former owner writes nothing.'`,
  `comment on column pipeline.run.request is
    'What the run was asked to do beyond its other columns, so that another process can resume it; null for a run of an older version.'`,
  `comment on column pipeline.run.takeovers is 'How often another process has resumed it after its owner died.'`,
  `comment on column pipeline.run.cancelled_by is 'Who asked to cancel the run; null when no one did.'`,
  `comment on column pipeline.run.cancel_requested_at is 'When that was asked: the owner of the run stops within two seconds.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
