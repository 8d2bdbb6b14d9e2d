import type { SessionDate } from '../../../src/core/session.js';
import { date, json, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** The sessions in which each universe was held. No index: `hold` has a few rows per session. */
export const LIST_HELD_SESSIONS = statement({
  parameters: { oldest: date, session: date },
  row: { type: text, name: text, key: text, sessions: json<SessionDate[]>() },
  text: `
    select u.type, u.name, u.key, json_agg(distinct to_char(h.session, 'YYYY-MM-DD')) as sessions
    from pipeline.hold h
    join pipeline.universe u on u.id = h.universe_id
    where h.session >= $1 and h.session < $2 and h.state <> 'approved' and h.lifted_at is null
    group by u.id`,
});
