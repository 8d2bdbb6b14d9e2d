import { sql, type Kysely } from 'kysely';

/** `outbox.position` is named after what it is: the sequence of commits. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table pipeline.outbox rename column position to commit_seq`.execute(db);
  await sql`alter index pipeline.outbox_position_idx rename to outbox_commit_seq_idx`.execute(db);
  await sql`alter sequence pipeline.outbox_position_seq rename to outbox_commit_seq_seq`.execute(db);
  await sql`comment on column pipeline.outbox.commit_seq is
    'Order of commit: a reader that continues after the last one it saw misses nothing.'`.execute(db);
}
