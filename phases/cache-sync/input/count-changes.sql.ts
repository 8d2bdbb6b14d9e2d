import type { SessionDate } from '../../../src/core/session.js';
import { date, json, text } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** `[session, added, removed]` */
export type Change = readonly [session: SessionDate, added: number, removed: number];

/**
 * Number of changes of each universe in each session with changes.
 *
 * Index: membership_change_session_idx.
 */
export const COUNT_CHANGES = statement({
  parameters: { oldest: date, session: date },
  row: { type: text, name: text, key: text, changes: json<Change[]>() },
  text: `
    select u.type, u.name, u.key, counted.changes
    from (
      select universe_id, json_agg(json_build_array(to_char(session, 'YYYY-MM-DD'), added, removed)) as changes
      from (
        select universe_id, session, count(*) filter (where action = 'added') as added,
               count(*) filter (where action = 'removed') as removed
        from pipeline.membership_change
        where session >= $1 and session < $2 and superseded_at is null
        group by universe_id, session
      ) as change
      group by universe_id
    ) as counted
    join pipeline.universe u on u.id = counted.universe_id`,
});
