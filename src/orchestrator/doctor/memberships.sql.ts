import { text } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/**
 * The first membership that contradicts itself or its audit.
 *
 * Strategy: overlaps among the beliefs of the newest year; its newest change of each symbol against the open members. Time grows with that year.
 * Index:    membership_change_session_idx.
 */
export const FIND_BROKEN_MEMBERSHIPS = statement({
  parameters: {},
  row: { symbol: text, universe: text, problem: text },
  text: `
    with horizon as (
      select max(session) - 365 as since from pipeline.membership_change
    ), current as (
      select universe_id, symbol, valid_from, valid_to,
             lead(valid_from) over (partition by universe_id, symbol order by valid_from) as next_from
      from pipeline.membership
      where known_to is null and (valid_to is null or valid_to > (select since from horizon))
    ), newest as (
      select distinct on (universe_id, symbol) universe_id, symbol, action
      from pipeline.membership_change
      where superseded_at is null and session > (select since from horizon)
      order by universe_id, symbol, session desc, id desc
    ), broken as (
      select universe_id, symbol, 'two memberships overlap on ' || to_char(next_from, 'YYYY-MM-DD') as problem
      from current where next_from < coalesce(valid_to, 'infinity')
      union all
      select n.universe_id, n.symbol,
             case n.action when 'added' then 'it was added, never removed, and is no member' else 'it was removed, and is a member' end
      from newest n
      left join current m on m.universe_id = n.universe_id and m.symbol = n.symbol and m.valid_to is null
      where (n.action = 'added') <> (m.symbol is not null)
    )
    select b.symbol, u.name || '/' || u.key as universe, b.problem
    from broken b
    join pipeline.universe u on u.id = b.universe_id
    order by 2, 1
    limit 1`,
});
