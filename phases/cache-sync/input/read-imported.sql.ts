import type { SessionDate } from '../../../src/core/session.js';
import { date, integer, orNull, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * How far back the last imported sessions reach; one row.
 *
 * `before`: the oldest of so many sessions whose import is complete and that are not held as a whole: what was held back says nothing about who was
 * there. The session asked about always counts: whether it is held is yet to be found, and every attempt at it must find the same.
 *
 * `since`: the oldest of so many imported sessions, held or not, or by the calendar where that is older: sessions that were not imported do not count
 * down, and what a database had before its first import need not be of the last weeks.
 *
 * Index: phase_run_done_idx.
 */
export const READ_IMPORTED = statement({
  parameters: { session: date, sessions: integer, calendarSince: date },
  row: { before: orNull(textOf<SessionDate>()), since: textOf<SessionDate>() },
  text: `
    with imported as (
      select distinct session from pipeline.phase_run
      where phase = 'import' and status in ('completed', 'completed_with_holds') and session <= $1
    ), complete as (
      select session from imported
      where session = $1 or not exists (select from pipeline.hold h
                                        where h.session = imported.session and h.universe_id is null
                                          and h.state <> 'approved' and h.lifted_at is null)
      order by session desc
      offset $2 - 1 limit 1
    ), counted as (
      select session from imported order by session desc limit $2
    )
    select (select to_char(session, 'YYYY-MM-DD') from complete) as before,
           (select to_char(least($3::date, min(session)), 'YYYY-MM-DD') from counted) as since`,
});
