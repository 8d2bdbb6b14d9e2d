import { sql, type Kysely } from 'kysely';

/** What a person decides about rows of `cache_entries` that another program wrote: a second place for a row of ours, or none at all. */
const STATEMENTS = [
  `create table pipeline.row_alias (
     type text not null,
     name text not null,
     key text not null,
     of_type text not null,
     of_name text not null,
     of_key text not null,
     created_at timestamptz not null,
     created_by text not null,
     primary key (type, name, key)
   )`,
  `comment on table pipeline.row_alias is 'Former places of rows of cache_entries at which a row is written as well, for readers that ask for them.'`,
  `comment on column pipeline.row_alias.type is 'First part of the former place.'`,
  `comment on column pipeline.row_alias.name is 'Second part of the former place.'`,
  `comment on column pipeline.row_alias.key is 'Third part of the former place.'`,
  `comment on column pipeline.row_alias.of_type is 'First part of the place of the row that is repeated there.'`,
  `comment on column pipeline.row_alias.of_name is 'Second part of the place of that row.'`,
  `comment on column pipeline.row_alias.of_key is 'Third part of the place of that row.'`,
  `comment on column pipeline.row_alias.created_at is 'When it was decided. UTC.'`,
  `comment on column pipeline.row_alias.created_by is 'Who decided: user@host.'`,
  `create table pipeline.retired_row (
     id bigint generated always as identity primary key,
     type text not null,
     name text not null,
     key text not null,
     content jsonb not null,
     retired_at timestamptz not null,
     retired_by text not null
   )`,
  `comment on table pipeline.retired_row is 'Rows of another program that a person took out of cache_entries, as they were.'`,
  `comment on column pipeline.retired_row.id is 'In the order of the decisions.'`,
  `comment on column pipeline.retired_row.type is 'First part of the place of the row.'`,
  `comment on column pipeline.retired_row.name is 'Second part of the place of the row.'`,
  `comment on column pipeline.retired_row.key is 'Third part of the place of the row.'`,
  `comment on column pipeline.retired_row.content is 'All columns of the row.'`,
  `comment on column pipeline.retired_row.retired_at is 'When it was taken out. UTC.'`,
  `comment on column pipeline.retired_row.retired_by is 'Who decided: user@host.'`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}
