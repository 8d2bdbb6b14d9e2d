import type { SessionDate } from '../core/session.js';
import { boolean, date, integer, orNull, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

/**
 * The last published sessions up to one, each with the size of a universe and what it changed, as it is known now; oldest first.
 *
 * Parameters: `from` null: as many sessions as `limit` says.
 * Index:      phase_run_done_idx, membership_change_session_idx.
 */
export const READ_SERIES = statement({
  parameters: { id: integer, from: orNull(date), to: date, limit: integer },
  row: {
    session: textOf<SessionDate>(),
    members: integer,
    added: integer,
    removed: integer,
    held: boolean,
  },
  text: `
    with sessions as (
      select distinct session from pipeline.phase_run
      where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')
        and session <= $3::date and session >= coalesce($2::date, '-infinity')
      order by session desc limit $4::int
    ), changes as (
      select session, count(*) filter (where action = 'added')::int as added, count(*) filter (where action = 'removed')::int as removed
      from pipeline.membership_change
      where universe_id = $1::int and superseded_at is null
      group by 1
    )
    select to_char(s.session, 'YYYY-MM-DD') as session, (select count(*)::int from pipeline.members($1, s.session)) as members,
           coalesce(c.added, 0) as added, coalesce(c.removed, 0) as removed,
           exists (select from pipeline.hold h
                   where h.session = s.session and (h.universe_id = $1 or h.universe_id is null)
                     and h.state <> 'approved' and h.lifted_at is null) as held
    from sessions s
    left join changes c using (session)
    order by 1`,
});
