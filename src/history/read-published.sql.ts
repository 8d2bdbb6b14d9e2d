import type { SessionDate } from '../core/session.js';
import { date, instant, orNull, textOf } from '../db/column.js';
import { statement } from '../db/statement.js';

const SESSION = orNull(textOf<SessionDate>());

/**
 * The session that was the newest published one on a date, as known at a time, and the published sessions around it; one row.
 *
 * Parameters: `wanted` null for now.
 */
export const READ_PUBLISHED = statement({
  parameters: { wanted: orNull(date), knownAt: instant },
  row: { session: SESSION, first: SESSION, newest: SESSION, newestKnown: SESSION },
  text: `
    select to_char(pipeline.published_session($1::date, $2::timestamptz), 'YYYY-MM-DD') as session,
           to_char((select min(session) from pipeline.phase_run
                    where phase = 'cache-sync' and status in ('completed', 'completed_with_holds')), 'YYYY-MM-DD') as first,
           to_char(pipeline.published_session(), 'YYYY-MM-DD') as newest,
           to_char(pipeline.published_session(null, $2::timestamptz), 'YYYY-MM-DD') as "newestKnown"`,
});
