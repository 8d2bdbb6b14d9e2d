import type { SessionDate } from '../../../src/core/session.js';
import { arrayOf, date, integer, json, orNull, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/**
 * Current changes of membership in the sessions from one on, newest first; one row per universe and session.
 *
 * Parameters: `universes` null for all.
 * Index:      membership_change_session_idx.
 */
export const READ_PUBLISHED_CHANGES = statement({
  parameters: { from: date, universes: orNull(arrayOf(integer)) },
  row: {
    universeId: integer,
    session: textOf<SessionDate>(),
    added: json<string[]>(),
    removed: json<string[]>(),
  },
  text: `
    select universe_id as "universeId", to_char(session, 'YYYY-MM-DD') as session,
           coalesce(json_agg(symbol) filter (where action = 'added'), '[]') as added,
           coalesce(json_agg(symbol) filter (where action = 'removed'), '[]') as removed
    from pipeline.membership_change
    where session >= $1 and superseded_at is null and ($2::int[] is null or universe_id = any ($2))
    group by universe_id, membership_change.session
    order by membership_change.session desc, universe_id`,
});
