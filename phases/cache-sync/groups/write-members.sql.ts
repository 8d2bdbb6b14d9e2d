import { boolean, instant, integer, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';
import { merged, shows, WANTED, WANTED_PARAMETERS } from './group-sql.js';

/**
 * Makes the given members those of their groups, and writes only rows that differ.
 *
 * Result: the groups with a difference, and the number of rows added, removed and changed.
 * Index:  the unique key on (group_id, symbol).
 */
export const WRITE_MEMBERS = statement({
  parameters: { ...WANTED_PARAMETERS, at: instant },
  row: { type: text, name: text, changes: integer },
  text: `
    with ${WANTED}, removed as (
      delete from public.group_memberships m
      using wanted_group g
      where m.group_id = g.id and not exists (select from wanted w where w.group_id = m.group_id and w.symbol = m.symbol)
      returning m.group_id
    ), changed as (
      update public.group_memberships m
      set metadata = ${merged('m.metadata', 'w.metadata')}, updated_at = $7::timestamptz
      from wanted w
      where m.group_id = w.group_id and m.symbol = w.symbol and not ${shows('m.metadata', 'w.metadata')}
      returning m.group_id
    ), added as (
      insert into public.group_memberships (group_id, symbol, metadata, added_at, updated_at)
      select w.group_id, w.symbol, w.metadata, $7::timestamptz, $7::timestamptz
      from wanted w
      where not exists (select from public.group_memberships m where m.group_id = w.group_id and m.symbol = w.symbol)
      returning group_id
    )
    select g.type, g.name, count(*)::int as changes
    from (select group_id from removed union all select group_id from changed union all select group_id from added) as touched
    join wanted_group g on g.id = touched.group_id
    group by 1, 2`,
});

/** What `WRITE_MEMBERS` would do; `isThere` is false for a group without a row. */
export const READ_MEMBER_CHANGES = statement({
  parameters: WANTED_PARAMETERS,
  row: { type: text, name: text, isThere: boolean, added: integer, removed: integer, changed: integer },
  text: `
    with ${WANTED}, stored as materialized (
      select g.no, m.symbol, m.metadata from wanted_group g join public.group_memberships m on m.group_id = g.id
    ), counted as (
      select coalesce(w.no, s.no) as no, count(*) filter (where s.no is null) as added, count(*) filter (where w.no is null) as removed,
             count(*) filter (where w.no is not null and s.no is not null and not ${shows('s.metadata', 'w.metadata')}) as changed
      from wanted w
      full join stored s on s.no = w.no and s.symbol = w.symbol
      group by 1
    )
    select g.type, g.name, g.id is not null as "isThere", coalesce(c.added, 0)::int as added, coalesce(c.removed, 0)::int as removed,
           coalesce(c.changed, 0)::int as changed
    from wanted_group g
    left join counted c using (no)
    order by g.no`,
});
