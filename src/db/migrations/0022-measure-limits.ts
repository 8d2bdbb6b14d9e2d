import { sql, type Kysely } from 'kysely';

/** What `selection.limits` holds since rankings can order by a measure. */
const LIMITS =
  'kind rank: ranks at which a member enters and leaves, and the symbols that held them; kind cap: USD; kind measure: members and those that ' +
  'follow with their figures, USD, shares or percent. Null: size does not decide.';

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql.raw(`comment on column pipeline.selection.limits is '${LIMITS}'`).execute(db);
}
