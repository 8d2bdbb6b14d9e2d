import type { SessionDate } from '../../../src/core/session.js';
import { date, integer, orNull, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * The oldest of the last imported sessions; one row.
 *
 * `before`: of the last sessions with a complete import that are not held as a whole: a held session is no evidence that a symbol is
 * absent. The given session always counts: whether it is held is decided later, and every attempt must get the same result.
 *
 * `quiet`: the same over more sessions.
 *
 * `since`: of the last imported sessions, held or not, or by the calendar where that is older: sessions that were not imported do not
 * count, and bars from before the first import need not be recent.
 *
 * Index: phase_run_done_idx.
 */
export const READ_IMPORTED = statement({
  parameters: { session: date, sessions: integer, quietSessions: integer, calendarSince: date },
  row: { before: orNull(textOf<SessionDate>()), quiet: orNull(textOf<SessionDate>()), since: textOf<SessionDate>() },
  text: `
    with imported as (
      select distinct session from pipeline.phase_run
      where phase = 'import' and status in ('completed', 'completed_with_holds') and session <= $1
    ), complete as (
      select session from imported
      where session = $1 or session not in (select h.session from pipeline.held_session h)
    ), counted as (
      select session from imported order by session desc limit $2::int
    )
    select (select to_char(session, 'YYYY-MM-DD') from complete order by session desc offset $2::int - 1 limit 1) as before,
           (select to_char(session, 'YYYY-MM-DD') from complete order by session desc offset greatest($2::int, $3::int) - 1 limit 1) as quiet,
           (select to_char(least($4::date, min(session)), 'YYYY-MM-DD') from counted) as since`,
});
