import { arrayOf, instant, integer, jsonb, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import { merged } from './group-sql.js';

/**
 * Adds groups and updates those there are; parallel lists.
 *
 * Edges: a description that a host wrote stays, and so do other fields of the metadata and the liquidity filter.
 * Index: the unique key on (name, type, environment).
 */
export const WRITE_DEFINITIONS = statement({
  parameters: {
    at: instant,
    types: arrayOf(text),
    names: arrayOf(text),
    descriptions: arrayOf(text),
    metadata: arrayOf(jsonb()),
  },
  row: { added: integer },
  text: `
    with wanted as materialized (
      select * from unnest($2::text[], $3::text[], $4::text[], $5::jsonb[]) as w (type, name, description, metadata)
    ), updated as (
      update public.definition_groups g
      set metadata = ${merged('g.metadata', 'w.metadata')}, description = coalesce(nullif(g.description, ''), w.description),
          updated_at = $1::timestamptz, last_update = $1::timestamptz
      from wanted w
      where g.type = w.type and g.name = w.name and g.environment = 'DEFAULT'
    ), added as (
      insert into public.definition_groups (name, type, description, metadata, environment, created_at, updated_at, last_update)
      select w.name, w.type, w.description, w.metadata, 'DEFAULT', $1::timestamptz, $1::timestamptz, $1::timestamptz
      from wanted w
      where not exists (
        select from public.definition_groups g where g.type = w.type and g.name = w.name and g.environment = 'DEFAULT')
      returning 1
    )
    select count(*)::int as added from added`,
});
