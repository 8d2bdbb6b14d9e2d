import { arrayOf, boolean, integer, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import { CONTENT_HASH } from './group-sql.js';

/** Records the groups that were written, with the content that they have now; parallel lists. */
export const RECORD_GROUPS = statement({
  parameters: { types: arrayOf(text), names: arrayOf(text), universes: arrayOf(integer) },
  row: {},
  text: `
    insert into pipeline.group_projection as p (type, name, universe_id, content_hash)
    select w.type, w.name, w.universe_id, ${CONTENT_HASH}
    from unnest($1::text[], $2::text[], $3::int[]) as w (type, name, universe_id)
    join public.definition_groups g on g.type = w.type and g.name = w.name and g.environment = 'DEFAULT'
    on conflict (type, name) do update set universe_id = excluded.universe_id, content_hash = excluded.content_hash`,
});

/** Universes with a group. */
export const READ_GROUPED = statement({
  parameters: {},
  row: { universe: integer },
  text: 'select distinct universe_id as universe from pipeline.group_projection',
});

/** Whether every recorded group has the content that was recorded, and there is one if anything is published. */
export const ARE_GROUPS_UNTOUCHED = statement({
  parameters: {},
  row: { untouched: boolean },
  text: `
    select (exists (select from pipeline.group_projection)
            or not exists (select from pipeline.universe where retired_session is null))
       and not exists (
         select from pipeline.group_projection p
         left join public.definition_groups g on g.type = p.type and g.name = p.name and g.environment = 'DEFAULT'
         where g.id is null or ${CONTENT_HASH} <> p.content_hash) as untouched`,
});
