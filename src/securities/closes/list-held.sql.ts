import type { SessionDate } from '../../core/session.js';
import { date, json } from '../../db/column.js';
import { statement } from '../../db/statement.js';

/** The sessions of a time that are held as a whole, ascending; one row. Index: hold_session_idx. */
export const LIST_HELD = statement({
  parameters: { oldest: date, newest: date },
  row: { sessions: json<SessionDate[]>() },
  text: `
    select coalesce(json_agg(to_char(session, 'YYYY-MM-DD') order by session), '[]') as sessions
    from pipeline.held_session
    where session between $1 and $2`,
});
