import type { SessionDate } from '../core/session.js';
import { arrayOf, boolean, integer, text, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * Every universe that is published, in the order they were first published, with its size and what the newest published session changed.
 *
 * Parameters: how many symbols to list.
 * Index:      membership_open_idx, membership_change_session_idx.
 */
export const READ_UNIVERSES = statement({
  parameters: { listed: integer },
  row: {
    type: text,
    name: text,
    key: text,
    title: text,
    cacheType: text,
    session: textOf<SessionDate>(),
    count: integer,
    added: integer,
    removed: integer,
    addedSymbols: arrayOf(text),
    removedSymbols: arrayOf(text),
    held: boolean,
  },
  text: `
    with newest as (
      select max(session) as session from pipeline.phase_run
      where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')
    ), sizes as (
      select universe_id, count(*)::int as count from pipeline.membership
      where valid_to is null and known_to is null group by universe_id
    ), changes as (
      select universe_id, (count(*) filter (where action = 'added'))::int as added,
             (count(*) filter (where action = 'removed'))::int as removed,
             (array_agg(symbol order by id) filter (where action = 'added'))[1:$1] as "addedSymbols",
             (array_agg(symbol order by id) filter (where action = 'removed'))[1:$1] as "removedSymbols"
      from pipeline.membership_change
      where session = (select session from newest) and superseded_at is null
      group by universe_id
    )
    select u.type, u.name, u.key, u.title, u.cache_type as "cacheType", to_char(newest.session, 'YYYY-MM-DD') as session,
           coalesce(sizes.count, 0) as count, coalesce(changes.added, 0) as added, coalesce(changes.removed, 0) as removed,
           coalesce(changes."addedSymbols", '{}') as "addedSymbols", coalesce(changes."removedSymbols", '{}') as "removedSymbols",
           exists (select from pipeline.hold h
                   where (h.universe_id = u.id or h.universe_id is null) and h.session = newest.session
                     and h.state <> 'approved' and h.lifted_at is null) as held
    from pipeline.universe u
    cross join newest
    left join sizes on sizes.universe_id = u.id
    left join changes on changes.universe_id = u.id
    where u.retired_session is null and u.cache_type <> 'stats' and newest.session is not null
    order by u.id`,
});

/** Changes whenever a cache sync has completed or a hold was decided; no row before the first publish. Index: phase_run_done_idx. */
export const READ_PUBLICATION = statement({
  parameters: {},
  row: { publication: text },
  text: `
    select concat_ws('-', to_char(p.session, 'YYYYMMDD'), r.fence,
                     (select extract(epoch from max(decided_at)) from pipeline.hold)) as publication
    from pipeline.phase_run p
    join pipeline.run r on r.id = p.run_id
    where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds')
    order by p.session desc, r.fence desc
    limit 1`,
});
