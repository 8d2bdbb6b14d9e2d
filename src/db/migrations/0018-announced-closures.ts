import { sql, type Kysely } from 'kysely';

/** Who announced a closure. */
const STATEMENTS = [
  `alter table pipeline.calendar_override add column announced_by text`,
  `comment on table pipeline.calendar_override is 'Days that differ from the calendar, announced after its release; of sessions that are not published yet.'`,
  `comment on column pipeline.calendar_override.announced_by is 'Who entered it: user@host, or the name of an API key. Null: not known.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
