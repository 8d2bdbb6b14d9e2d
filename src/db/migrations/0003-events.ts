import { sql, type Kysely } from 'kysely';

/**
 * What telling the consumer needs. Nothing has written to the outbox before this, so its columns change without a rewrite.
 *
 * `position` is given under one lock that lasts until commit (`appendToOutbox`), so that positions become visible in their order: a reader
 * that continues after the last position it saw misses nothing. `body` is `json`, not `jsonb`: an envelope keeps its order.
 */
const STATEMENTS = [
  `alter table pipeline.run add column triggered_by text`,

  `drop index pipeline.outbox_backlog_idx`,
  `alter table pipeline.outbox
    drop column channel,
    add column channels text[] not null,
    alter column body type json,
    alter column run_id drop not null,
    alter column sequence drop not null,
    add column position bigint generated always as identity,
    add check ((run_id is null) = (sequence is null))`,
  `create unique index outbox_position_idx on pipeline.outbox (position)`,
  `create index outbox_backlog_idx on pipeline.outbox (run_id, position) where published_at is null`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
