import type { SessionDate } from '../../../src/core/session.js';
import { bigint, date, json } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * The last sessions with a completed sync before a given one, newest first, and those of them held as a whole; one row.
 *
 * Edges: the very first session is left out: it publishes every universe for the first time, and its audit alone is as long as that of a
 *        year.
 * Index: phase_run_done_idx; membership_change_session_idx for the first.
 */
export const READ_PUBLISHED_BEFORE = statement({
  parameters: { session: date, sessions: bigint },
  row: { sessions: json<SessionDate[]>(), held: json<SessionDate[]>() },
  text: `
    with done as (
      select distinct p.session
      from pipeline.phase_run p
      where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds') and p.session < $1
        and p.session > (select min(session) from pipeline.membership_change)
      order by p.session desc
      limit $2
    )
    select coalesce(json_agg(to_char(done.session, 'YYYY-MM-DD') order by done.session desc), '[]') as sessions,
           coalesce(json_agg(to_char(done.session, 'YYYY-MM-DD')) filter (
             where exists (select from pipeline.held_session h where h.session = done.session)), '[]') as held
    from done`,
});
