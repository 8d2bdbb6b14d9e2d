import type { Pool } from 'pg';

/** The tables that the consumer's newest code reads universes from, with its column types and keys. */
export const GROUP_TABLES = `
create table definition_groups (
  id serial primary key,
  name varchar(100) not null,
  type varchar(20) not null check (type in ('ETF', 'THEME', 'SECTOR', 'SEGMENT', 'CUSTOM', 'UNIVERSE')),
  description text,
  metadata jsonb,
  liquidity_filter jsonb,
  environment varchar(10) not null default 'DEFAULT',
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  last_update timestamp,
  unique (name, type, environment)
);
create table group_memberships (
  id serial primary key,
  group_id integer not null references definition_groups (id) on delete cascade,
  symbol varchar(20) not null,
  weight numeric(5,4),
  metadata jsonb,
  added_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  unique (group_id, symbol)
)`;

/**
 * Reads groups as the consumer does: by name, by `type:name`, or the union of several names, `a:b`. Its order is the rank in the metadata.
 */
export async function readGroup(pool: Pool, asked: string): Promise<string[]> {
  const [first = '', ...rest] = asked.split(':');
  const isType = /^[A-Z]+$/.test(first) && rest.length === 1;
  const { rows } = await pool.query<{ symbol: string }>(
    `select m.symbol from group_memberships m
     join definition_groups g on g.id = m.group_id
     where g.environment = 'DEFAULT' and g.name = any ($1) and ($2::text is null or g.type = $2)
     group by m.symbol
     order by min((m.metadata ->> 'rank')::int), m.symbol`,
    [isType ? rest : asked.split(':'), isType ? first : null],
  );
  return rows.map(({ symbol }) => symbol);
}
