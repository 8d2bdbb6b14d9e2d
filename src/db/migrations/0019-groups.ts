import { sql, type Kysely } from 'kysely';

/** The groups of `definition_groups` that this product writes, where a database has that table. */
const STATEMENTS = [
  `create table pipeline.group_projection (
     type text not null,
     name text not null,
     universe_id integer not null references pipeline.universe (id),
     content_hash text not null,
     primary key (type, name)
   )`,
  `comment on table pipeline.group_projection is 'Groups of definition_groups that this product writes, with a hash of what it wrote.'`,
  `comment on column pipeline.group_projection.type is 'Type of the group: UNIVERSE, THEME, SECTOR or ETF.'`,
  `comment on column pipeline.group_projection.name is 'Name of the group.'`,
  `comment on column pipeline.group_projection.universe_id is 'Universe that the group shows; of a sector the universe that it is a part of.'`,
  `comment on column pipeline.group_projection.content_hash is 'Hash of the group with its members after the write: another one means that another program wrote it since.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
