import { sql, type Kysely } from 'kysely';

/** Every session that is due has a verdict. */
const STATEMENTS = [
  `alter table pipeline.slot drop constraint slot_state_check`,
  `update pipeline.slot set state = 'missed' where state = 'skipped' and reason not like 'already completed%'`,
  `alter table pipeline.slot
    add constraint slot_state_check check (state in ('due', 'claimed', 'completed', 'skipped', 'missed')),
    add column due_at timestamptz,
    add column retry_at timestamptz,
    add column tries integer not null default 0,
    add column late_at timestamptz`,
  `comment on table pipeline.slot is 'Scheduled runs, one row a session: each is started once.'`,
  `comment on column pipeline.slot.state is
    'due: to be started, or started again. claimed: a process starts its run, or has started it. completed: that run has completed. skipped: it was completed before it was due. missed: it was not completed in time.'`,
  `comment on column pipeline.slot.reason is 'Why it was skipped or missed, or is due again.'`,
  `comment on column pipeline.slot.due_at is 'Trigger time of its run; null in rows of older versions.'`,
  `comment on column pipeline.slot.retry_at is 'Not started again before; null when it may be at once.'`,
  `comment on column pipeline.slot.late_at is 'When it was first announced that the session is late; null when it was not. UTC.'`,
  `create index run_session_idx on pipeline.run (session, fence desc)`,
  `comment on column pipeline.slot.tries is 'How often a run was started, or refused.'`,

  `create table pipeline.duty (
    pipeline text not null,
    since timestamptz not null,
    until timestamptz,
    primary key (pipeline, since)
  )`,
  `create unique index duty_open_key on pipeline.duty (pipeline) where until is null`,
  `comment on table pipeline.duty is 'When the schedule was on: a session whose trigger time lies in one of these spans is due.'`,
  `comment on column pipeline.duty.pipeline is 'Always daily.'`,
  `comment on column pipeline.duty.since is 'When the schedule was switched on, or a service first found it on. UTC.'`,
  `comment on column pipeline.duty.until is 'When it was switched off; null while it is on. UTC.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
