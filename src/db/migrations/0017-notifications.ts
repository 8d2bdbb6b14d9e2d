import { sql, type Kysely } from 'kysely';

/** Messages for people, sent at least once. */
const STATEMENTS = [
  `create table pipeline.notification_channel (
    channel text primary key,
    since timestamptz not null
  )`,
  `comment on table pipeline.notification_channel is 'Where messages are sent. What happened before is not sent.'`,
  `comment on column pipeline.notification_channel.channel is 'webhook, slack or command.'`,
  `comment on column pipeline.notification_channel.since is 'When a process first found it configured. UTC.'`,

  `create table pipeline.notification (
    id uuid primary key default gen_random_uuid(),
    channel text not null references pipeline.notification_channel,
    cause text not null,
    session date not null,
    message jsonb not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
    tries integer not null default 0,
    created_at timestamptz not null default clock_timestamp(),
    next_at timestamptz not null default clock_timestamp(),
    delivered_at timestamptz,
    error text,
    unique (channel, cause, session)
  )`,
  `create index notification_waiting_idx on pipeline.notification (next_at) where state = 'waiting'`,
  `create index notification_created_idx on pipeline.notification (created_at)`,
  `comment on table pipeline.notification is 'Messages for people: one for each channel, cause and session.'`,
  `comment on column pipeline.notification.id is 'Receivers drop ids that they have seen.'`,
  `comment on column pipeline.notification.channel is 'Where it is sent.'`,
  `comment on column pipeline.notification.cause is 'What happened, such as session.late; see notify.on.'`,
  `comment on column pipeline.notification.session is 'Session it is about.'`,
  `comment on column pipeline.notification.message is 'title, lines, command and facts.'`,
  `comment on column pipeline.notification.state is 'waiting: to be sent, or sent again. delivered: accepted. failed: not accepted within a day.'`,
  `comment on column pipeline.notification.tries is 'How often it was sent.'`,
  `comment on column pipeline.notification.created_at is 'When it was found. UTC, by the clock of the database.'`,
  `comment on column pipeline.notification.next_at is 'Not sent again before.'`,
  `comment on column pipeline.notification.delivered_at is 'When it was accepted. UTC.'`,
  `comment on column pipeline.notification.error is 'Why it was not accepted the last time.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
