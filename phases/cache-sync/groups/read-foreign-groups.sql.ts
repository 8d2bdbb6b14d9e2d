import { arrayOf, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** Groups of the published types that this product has never written. */
export const READ_FOREIGN_GROUPS = statement({
  parameters: {},
  row: { type: text, name: text },
  text: `
    select g.type::text as type, g.name::text as name
    from public.definition_groups g
    where g.environment = 'DEFAULT' and g.type in ('UNIVERSE', 'THEME', 'SECTOR', 'ETF')
      and not exists (select from pipeline.group_projection p where p.type = g.type and p.name = g.name)`,
});

/** Members of some groups; parallel lists. */
export const READ_GROUP_SYMBOLS = statement({
  parameters: { types: arrayOf(text), names: arrayOf(text) },
  row: { type: text, name: text, symbols: arrayOf(text) },
  text: `
    select g.type::text as type, g.name::text as name, array_agg(m.symbol::text) as symbols
    from unnest($1::text[], $2::text[]) as w (type, name)
    join public.definition_groups g on g.type = w.type and g.name = w.name and g.environment = 'DEFAULT'
    join public.group_memberships m on m.group_id = g.id
    group by 1, 2`,
});
