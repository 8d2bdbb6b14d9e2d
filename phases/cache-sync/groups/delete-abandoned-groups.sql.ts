import { arrayOf, integer, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Whether the group recorded as `p` must be deleted; `$1` published universes, `$2` and `$3` the groups that show them. */
const IS_ABANDONED = `(
      exists (select from pipeline.universe u where u.id = p.universe_id and u.retired_session is not null)
      or p.universe_id = any ($1::int[])
         and not exists (select from unnest($2::text[], $3::text[]) as kept (type, name) where kept.type = p.type and kept.name = p.name))`;

/**
 * Deletes the groups of retired universes, and those that a universe no longer has.
 *
 * Edges: only groups that this product has written are ever deleted; those of held universes are kept.
 */
export const DELETE_ABANDONED_GROUPS = statement({
  parameters: { universes: arrayOf(integer), types: arrayOf(text), names: arrayOf(text) },
  row: { type: text, name: text },
  text: `
    with gone as (
      delete from pipeline.group_projection p where ${IS_ABANDONED} returning p.type, p.name
    ), members as (
      delete from public.group_memberships m
      using gone, public.definition_groups g
      where g.type = gone.type and g.name = gone.name and g.environment = 'DEFAULT' and m.group_id = g.id
    )
    delete from public.definition_groups g
    using gone
    where g.type = gone.type and g.name = gone.name and g.environment = 'DEFAULT'
    returning g.type::text as type, g.name::text as name`,
});

/** The groups that would be deleted if the universes in `retired` (`type/name/key`) were retired too. */
export const READ_ABANDONED_GROUPS = statement({
  parameters: { universes: arrayOf(integer), types: arrayOf(text), names: arrayOf(text), retired: arrayOf(text) },
  row: { type: text, name: text },
  text: `
    select p.type, p.name
    from pipeline.group_projection p
    where (${IS_ABANDONED}
           or exists (select from pipeline.universe u where u.id = p.universe_id and concat_ws('/', u.type, u.name, u.key) = any ($4)))
      and exists (select from public.definition_groups g where g.type = p.type and g.name = p.name and g.environment = 'DEFAULT')
    order by 1, 2`,
});
