import type { SessionDate } from '../../../src/core/session.js';
import { boolean, date, orNull, text, textOf } from '../../../src/db/column.js';
import { statement } from '../../../src/db/statement.js';

/** A full sync that published its result; a sync that found the same input again, or a replay, made no decision. */
const IS_DECISION = `r.mode = 'full' and p.report -> 'details' ? 'gates' and not p.report -> 'details' ? 'replayedFrom'`;

/**
 * The published sessions, oldest first.
 *
 * Result: `isForced` and `inputHash` of the last sync that made a decision.
 * Index:  phase_run_done_idx.
 */
export const READ_PUBLISHED_SESSIONS = statement({
  parameters: { from: date, to: date },
  row: { session: textOf<SessionDate>(), isForced: boolean, inputHash: orNull(text) },
  text: `
    select to_char(p.session, 'YYYY-MM-DD') as session,
           coalesce((array_agg(r.force order by r.fence desc) filter (where ${IS_DECISION}))[1], false) as "isForced",
           (array_agg(p.hashes ->> 'input' order by r.fence desc) filter (where ${IS_DECISION}))[1] as "inputHash"
    from pipeline.phase_run p
    join pipeline.run r on r.id = p.run_id
    where p.phase = 'cache-sync' and p.status in ('completed', 'completed_with_holds') and p.session between $1 and $2
    group by p.session
    order by p.session`,
});
