import { arrayOf, integer, orNull, text } from '../../../src/db/column.js';

/** Parameters of `WANTED`, from `$1` on: the groups, and their members, as parallel lists. */
export const WANTED_PARAMETERS = {
  types: arrayOf(text),
  names: arrayOf(text),
  numbers: arrayOf(integer),
  symbols: arrayOf(text),
  ranks: arrayOf(integer),
  industries: arrayOf(orNull(text)),
};

/**
 * Common table expressions: `wanted_group` are the groups with the id of the row there is, null where there is none; `wanted` are their members.
 * `numbers` counts groups from 1.
 */
export const WANTED = `
    wanted_group as materialized (
      select w.no::int as no, w.type, w.name, min(g.id) as id
      from unnest($1::text[], $2::text[]) with ordinality as w (type, name, no)
      left join public.definition_groups g on g.type = w.type and g.name = w.name and g.environment = 'DEFAULT'
      group by 1, 2, 3
    ), wanted as materialized (
      select w.no, g.id as group_id, w.symbol, jsonb_strip_nulls(jsonb_build_object('rank', w.rank, 'industry', w.industry)) as metadata
      from unnest($3::int[], $4::text[], $5::int[], $6::text[]) as w (no, symbol, rank, industry)
      join wanted_group g using (no)
    )`;

/** Whether what a host added to the metadata of a row is all that differs. */
export function shows(stored: string, wanted: string): string {
  return `coalesce(${stored} @> ${wanted}, false)`;
}

/** The metadata of a row with ours; what a host added stays. */
export function merged(stored: string, wanted: string): string {
  return `case jsonb_typeof(${stored}) when 'object' then ${stored} else '{}'::jsonb end || ${wanted}`;
}

/** Hash of the row `g` of a group and its members: another one means that another program wrote it since. */
export const CONTENT_HASH = `(
      hashtextextended(concat_ws(' ', g.id, g.description, g.metadata), 0)::numeric + coalesce((
        select sum(hashtextextended(concat_ws(' ', m.symbol, m.metadata), 1)::numeric)
        from public.group_memberships m where m.group_id = g.id), 0)
    )::text`;
